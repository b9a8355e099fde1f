// A cursor over the first bytes of a file. Every count is compared with what the file can hold before it is believed.

import { GgufError } from "./errors.ts";

/** The window of bytes at hand ends before the value does; read more of the file and start again. */
export class NeedMoreBytes extends Error {
  constructor(readonly until: number) {
    super(`needs the file up to byte ${until}`);
  }
}

const strictText = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenientText = new TextDecoder("utf-8", { ignoreBOM: true });

/** Reads little-endian values one after another from a file's beginning. */
export class BinaryReader {
  position = 0;
  private readonly view: DataView;

  /**
   * @param bytes The file's first bytes, or all.
   * @param file Its name and whole size.
   */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly file: { readonly name: string; readonly size: number },
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint8(): number {
    return this.view.getUint8(this.take(1));
  }
  int8(): number {
    return this.view.getInt8(this.take(1));
  }
  uint16(): number {
    return this.view.getUint16(this.take(2), true);
  }
  int16(): number {
    return this.view.getInt16(this.take(2), true);
  }
  uint32(): number {
    return this.view.getUint32(this.take(4), true);
  }
  int32(): number {
    return this.view.getInt32(this.take(4), true);
  }
  float32(): number {
    return this.view.getFloat32(this.take(4), true);
  }
  float64(): number {
    return this.view.getFloat64(this.take(8), true);
  }
  uint64(): bigint {
    return this.view.getBigUint64(this.take(8), true);
  }
  int64(): bigint {
    return this.view.getBigInt64(this.take(8), true);
  }

  /** A count of things that take at least `minBytes` each; more than the rest of the file can hold is refused. */
  count(what: string, minBytes: number): number {
    const at = this.position;
    const count = this.uint64();
    const max = Math.floor((this.file.size - this.position) / minBytes);
    if (count <= BigInt(max)) return Number(count);
    const problem = `The file has ${count} ${what} at byte ${at}, but its rest has room for ${max} at most.`;
    throw new GgufError("GGUF_TRUNCATED", problem, { file: this.file.name, offset: at });
  }

  /** A string with its length. Names must be valid UTF-8; in values what is not becomes U+FFFD. */
  string(what: string, kind: "name" | "value"): string {
    const length = this.count(`bytes of ${what}`, 1);
    const at = this.take(length);
    const bytes = this.bytes.subarray(at, at + length);
    if (kind === "value") return lenientText.decode(bytes);
    try {
      return strictText.decode(bytes);
    } catch (cause) {
      const problem = `The ${what} at byte ${at} is not valid UTF-8.`;
      throw new GgufError("GGUF_METADATA_INVALID", problem, { file: this.file.name, offset: at, cause });
    }
  }

  /** Moves past `length` bytes and returns where they start. */
  private take(length: number): number {
    const start = this.position;
    const end = start + length;
    if (end > this.file.size) {
      const problem = `The file ends at byte ${this.file.size}, inside its header; it was cut off.`;
      throw new GgufError("GGUF_TRUNCATED", problem, { file: this.file.name, offset: start });
    }
    if (end > this.bytes.length) throw new NeedMoreBytes(end);
    this.position = end;
    return start;
  }
}

/** Something with a size that can be read in ranges; the byte sources of @lowrank/safetensors are such. */
export interface GgufSource {
  /** For messages: a path, a URL. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset` on. */
  read(offset: number, length: number): Promise<Uint8Array>;
}
