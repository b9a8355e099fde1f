// A cursor over the first bytes of a file. Each count is checked against the file's size before it is used.

import { GgufError } from "./errors.ts";

/** The bytes in memory end before the value. Read more of the file and start again. */
export class NeedMoreBytes extends Error {
  constructor(readonly until: number) {
    super(`needs the file up to byte ${until}`);
  }
}

const strictText = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenientText = new TextDecoder("utf-8", { ignoreBOM: true });

/** Reads little-endian values in order, from the start of a file. */
export class BinaryReader {
  position = 0;
  private readonly view: DataView;

  /**
   * @param bytes The file's first bytes, or all of them.
   * @param file Its name and size.
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

  /** Reads a count of items of at least `minBytes` each. A count that cannot fit into the file is refused. */
  count(what: string, minBytes: number): number {
    const at = this.position;
    const count = this.uint64();
    const max = Math.floor((this.file.size - this.position) / minBytes);
    if (count <= BigInt(max)) return Number(count);
    const problem = `The file has ${count} ${what} at byte ${at}, but its rest has room for ${max} at most.`;
    throw new GgufError("GGUF_TRUNCATED", problem, { file: this.file.name, offset: at });
  }

  /** A string with its length. Names must be valid UTF-8; in values invalid bytes become U+FFFD. */
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

  /** Skips `length` bytes and returns their position. */
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

/** A source of bytes that can be read in ranges, such as the byte sources of @lowrank/safetensors. */
export interface GgufSource {
  /** A path or URL, for messages. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset` on. */
  read(offset: number, length: number): Promise<Uint8Array>;
}
