// Finds damage in a shared library of Linux before it is loaded. The loader maps the parts that the headers list without
// checking that the file has them: reading past its end is a bus error, and an empty table a segmentation fault; both end
// the process. So an incomplete download must be found by its headers. They are described in elf(5) and the System V ABI.

/** A file that can be read in parts. */
export interface PartsOfFile {
  /** In bytes. */
  readonly size: number;
  /** Bytes from an offset; `from + length` is at most `size`. */
  read(from: number, length: number): Uint8Array;
}

const headerLength = 64;
const segmentLength = 56;
/** Libraries have a dozen. */
const maxSegments = 256;
const sharedObject = 3;
const dynamicSegment = 2;
/** Bytes of the dynamic table, which holds some forty entries of 16. */
const longestDynamicTable = 65_536;
/** Tags of the dynamic table's entries for the names of symbols and for the symbols. */
const [namesTag, symbolsTag] = [5n, 6n];
/** ELF's numbers of the 64-bit processors on which Node runs. */
const machines: Readonly<Record<string, number>> = {
  x64: 62,
  arm64: 183,
  riscv64: 243,
  loong64: 258,
  ppc64: 21,
  s390x: 22,
};

/**
 * A part of a sentence that follows the file's name, such as "is cut short: …", or undefined if nothing speaks against the
 * file. `architecture` is process.arch. Reads no more than the headers.
 */
export function elfFault(file: PartsOfFile, architecture: string): string | undefined {
  if (file.size < headerLength) return `is cut short: it has ${file.size} bytes, fewer than a library's first header`;
  const identity = file.read(0, headerLength);
  if (String.fromCharCode(...identity.subarray(0, 4)) !== "\x7fELF")
    return "is not a shared library: it has no ELF header";
  const isLittleEndian = identity[5] === 1;
  const header = new Reader(identity, isLittleEndian);
  const [bits, machine] = [identity[4] === 2 ? 64 : 32, header.short(18)];
  const expected = machines[architecture] ?? machine;
  if (bits !== 64 || machine !== expected)
    return `was built for another processor: ELF machine ${machine} with ${bits} bits, but ${architecture} is ${expected} with 64`;
  if (header.short(16) !== sharedObject) return `is not a shared library: its ELF type is ${header.short(16)}, not 3`;
  const count = header.short(56);
  if (header.short(54) !== segmentLength || count === 0 || count > maxSegments)
    return `has a damaged header: ${count} segments of ${header.short(54)} bytes each`;
  const table = { from: header.long(32), length: BigInt(count * segmentLength) };
  if (table.from + table.length > BigInt(file.size)) return cutShort(file, table.from + table.length);
  const segments = new Reader(file.read(Number(table.from), Number(table.length)), isLittleEndian);
  return segmentFault(file, segments, count);
}

/** The same for the segments, which contain the offsets of the file's parts. */
function segmentFault(file: PartsOfFile, segments: Reader, count: number): string | undefined {
  let end = 0n;
  let dynamic: { readonly from: bigint; readonly length: bigint } | undefined;
  for (let start = 0; start < count * segmentLength; start += segmentLength) {
    const [from, length] = [segments.long(start + 8), segments.long(start + 32)];
    if (length > 0n && from + length > end) end = from + length;
    if (segments.word(start) === dynamicSegment) dynamic = { from, length };
  }
  if (end > BigInt(file.size)) return cutShort(file, end);
  if (dynamic === undefined || dynamic.length === 0n || dynamic.length > longestDynamicTable)
    return "has a damaged header: it has no symbol table";
  const table = segments.another(file.read(Number(dynamic.from), Number(dynamic.length)));
  return hasSymbols(table) ? undefined : "has an empty part: a download may have been interrupted";
}

/** Whether a dynamic table has the offsets of symbols and their names. The loader does not check them. */
function hasSymbols(table: Reader): boolean {
  const tags: bigint[] = [];
  for (let start = 0; start + 16 <= table.length; start += 16) {
    const tag = table.long(start);
    if (tag === 0n) break; // the last entry
    tags.push(tag);
  }
  return tags.includes(namesTag) && tags.includes(symbolsTag);
}

function cutShort({ size }: PartsOfFile, needed: bigint): string {
  return `is cut short: it has ${size} bytes, and its headers need ${needed}`;
}

/** Numbers in a header, in the file's order of bytes. */
class Reader {
  readonly #view: DataView;

  constructor(
    bytes: Uint8Array,
    readonly isLittleEndian: boolean,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.#view.byteLength;
  }

  short(offset: number): number {
    return this.#view.getUint16(offset, this.isLittleEndian);
  }

  word(offset: number): number {
    return this.#view.getUint32(offset, this.isLittleEndian);
  }

  long(offset: number): bigint {
    return this.#view.getBigUint64(offset, this.isLittleEndian);
  }

  another(bytes: Uint8Array): Reader {
    return new Reader(bytes, this.isLittleEndian);
  }
}
