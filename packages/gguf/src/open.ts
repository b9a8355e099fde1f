// Opens GGUF files: reads the header immediately, and tensors on request.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import type { GgufSource } from "./binary-reader.ts";
import { NeedMoreBytes } from "./binary-reader.ts";
import { typeReader } from "./dequantize.ts";
import { GgufError, quoted } from "./errors.ts";
import type { GgufValue } from "./metadata-value.ts";
import { type ByteRange, type GgufHeader, type GgufTensorInfo, parseHeader } from "./parse-header.ts";
import { checkPart, type GgufParts, joinHeaders } from "./split-files.ts";
import type { WritableValue } from "./writing/write.ts";

/** Limits on a file's sizes. */
export interface GgufOptions {
  /** Maximum number of bytes before the tensors (a vocabulary takes some MB); default 256 000 000. */
  readonly maxHeaderBytes?: number;
  /** Default 100 000. */
  readonly maxTensors?: number;
  /** Maximum number of metadata entries; default 100 000. */
  readonly maxMetadata?: number;
  /** Maximum number of items in all arrays of the metadata together (a vocabulary has some million); default 16 000 000. */
  readonly maxItems?: number;
}

const optionNames: OptionNames<GgufOptions> = {
  maxHeaderBytes: true,
  maxTensors: true,
  maxMetadata: true,
  maxItems: true,
};

/** An open GGUF file. The caller closes the source. */
export interface GgufFile {
  /** 2 or 3. */
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  /** In the order of the file. */
  readonly tensors: ReadonlyMap<string, GgufTensorInfo>;
  /** The stored metadata, for another file (`ggufPieces`): numbers keep their types. */
  readStoredMetadata(): Promise<ReadonlyMap<string, Extract<WritableValue, { type: "stored" }>>>;
  /** A tensor as stored, or a part of its bytes. */
  readBytes(name: string, range?: { readonly offset: number; readonly length: number }): Promise<Uint8Array>;
  /** A dequantized tensor (see `dequantize`) in row-major order. */
  readFloat32(name: string): Promise<Float32Array>;
  /** `count` dequantized rows along the first axis, from row `first` on. */
  readRows(name: string, first: number, count: number): Promise<Float32Array>;
}

/**
 * Opens a GGUF file of version 2 or 3. For a split file pass the source from `openGgufParts`.
 *
 * @throws {GgufError} with the reason as `code`: GGUF_NOT_GGUF, GGUF_TRUNCATED, …
 */
export async function openGguf(source: GgufSource, options: GgufOptions = {}): Promise<GgufFile> {
  refuseUnknownOptions("openGguf", options, optionNames);
  const { version, metadata, ranges, tensors } = await readHeaders(source, options);
  const find = (name: string): GgufTensorInfo => {
    const info = tensors.get(name);
    if (info !== undefined) return info;
    const problem = `There is no tensor ${quoted(name)} among the ${tensors.size} of the file.`;
    throw new GgufError("GGUF_TENSOR_NOT_FOUND", problem, { file: source.name, tensor: name });
  };
  const readFrom = async (info: GgufTensorInfo, offset: number, length: number): Promise<Uint8Array> => {
    const bytes = await source.read(info.offset + offset, length);
    if (bytes.length === length) return bytes;
    const problem = `Expected ${length} bytes of ${quoted(info.name)}, got ${bytes.length}; the file changed.`;
    throw new GgufError("GGUF_TRUNCATED", problem, { file: source.name, tensor: info.name });
  };
  const readRows = async (name: string, first: number, count: number): Promise<Float32Array> => {
    const info = find(name);
    const rows = info.shape[0] ?? 1;
    checkRows(info, { rows, first, count }, source.name);
    const byteAt = (row: number) => (rows === 0 ? 0 : (row * info.byteLength) / rows);
    const rowElements = info.shape.slice(1).reduce((product, dimension) => product * dimension, 1);
    const bytes = await readFrom(info, byteAt(first), byteAt(count));
    return (await typeReader(info.type)).dequantize(bytes, count * rowElements);
  };
  return {
    version,
    metadata,
    tensors,
    async readStoredMetadata() {
      const read = async ({ offset, length }: ByteRange) =>
        ({ type: "stored", bytes: await source.read(offset, length) }) as const;
      return new Map(await Promise.all([...ranges].map(async ([key, range]) => [key, await read(range)] as const)));
    },
    readBytes: async (name, range) => {
      const info = find(name);
      const { offset, length } = range ?? { offset: 0, length: info.byteLength };
      if (offset >= 0 && length >= 0 && offset + length <= info.byteLength) return readFrom(info, offset, length);
      const problem = `Cannot read bytes ${offset} to ${offset + length} of ${quoted(name)}: it has ${info.byteLength}.`;
      throw new GgufError("GGUF_RANGE_INVALID", problem, { file: source.name, tensor: name });
    },
    readFloat32: async (name) => readRows(name, 0, find(name).shape[0] ?? 1),
    readRows,
  };
}

/** The header, or the joined headers of all parts. */
async function readHeaders(source: GgufSource | GgufParts, options: GgufOptions): Promise<GgufHeader> {
  if (!("parts" in source)) {
    const header = await readHeader(source, options);
    checkPart(header, { index: 0, count: 1, file: source.name });
    return header;
  }
  const headers: GgufHeader[] = [];
  for (const part of source.parts) headers.push(await readHeader(part, options));
  return joinHeaders(headers, source);
}

const firstWindow = 1 << 20;

/** The header's size is not in the file: read a window, and a larger one from the start if it is too small. */
async function readHeader(source: GgufSource, options: GgufOptions): Promise<GgufHeader> {
  const { maxTensors = 100_000, maxMetadata = 100_000, maxItems = 16_000_000 } = options;
  const max = Math.min(source.size, options.maxHeaderBytes ?? 256_000_000);
  for (let window = Math.min(firstWindow, max); ; ) {
    const bytes = await source.read(0, window);
    try {
      return parseHeader(bytes, source, { maxTensors, maxMetadata, maxItems });
    } catch (error) {
      if (!(error instanceof NeedMoreBytes)) throw error;
      if (bytes.length < window) {
        const problem = `Expected the first ${window} bytes, got ${bytes.length}; the file changed or the source is broken.`;
        throw new GgufError("GGUF_TRUNCATED", problem, { file: source.name, offset: bytes.length });
      }
      if (window >= max) {
        const problem = `The header has more than ${max} bytes, which is the limit.`;
        throw new GgufError("GGUF_LIMIT_EXCEEDED", problem, { file: source.name });
      }
      window = Math.min(max, Math.max(window * 2, error.until));
    }
  }
}

function checkRows(
  info: GgufTensorInfo,
  { rows, first, count }: { readonly rows: number; readonly first: number; readonly count: number },
  file: string,
): void {
  const isWithin = Number.isSafeInteger(first) && Number.isSafeInteger(count) && first >= 0 && count >= 0;
  // A one-dimensional tensor is one row of blocks; its "rows" are single elements, which blocks cannot be cut into.
  const isWhole = (first === 0 && count === rows) || info.byteLength % Math.max(rows, 1) === 0;
  if (isWithin && isWhole && first + count <= rows) return;
  const problem = `Cannot read rows ${first} to ${first + count} of ${quoted(info.name)}: its shape is [${info.shape.join(", ")}].`;
  throw new GgufError("GGUF_RANGE_INVALID", problem, { file, tensor: info.name });
}
