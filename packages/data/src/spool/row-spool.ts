// Stores rows in memory up to a limit, and on disk beyond it, because a data set may be larger than memory, and each batch needs rows
// from everywhere in it.

import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { NumberedRows, type RowList } from "../row-list.ts";

/** Stores rows. */
interface RowStore<Row> {
  add(row: Row): void;
  /** All rows, in the order in which they were added. No row can be added afterwards. */
  finish(): RowList<Row>;
}

/** The limit of memory. */
export interface SpoolOptions {
  /** Maximum bytes of rows in memory before they are written to disk; default 32 MiB. */
  readonly maxBytes?: number;
}

/** Bytes in one write, or in one sequential read. */
const pieceSize = 2 ** 20;

/**
 * Stores rows of plain values and typed arrays. Rows beyond `maxBytes` are in a file without a name in the system's temporary folder
 * (TMPDIR). The system deletes it when the rows are no longer used, or when the process ends in any way.
 */
export class RowSpool<Row> implements RowStore<Row> {
  readonly #maxBytes: number;
  #inMemory: Row[] = [];
  #bytes = 0;
  #file: SpoolFile | undefined;

  constructor({ maxBytes = 2 ** 25 }: SpoolOptions = {}) {
    this.#maxBytes = maxBytes;
  }

  add(row: Row): void {
    if (this.#file !== undefined) {
      this.#file.add(row);
      return;
    }
    this.#inMemory.push(row);
    this.#bytes += sizeOf(row);
    if (this.#bytes <= this.#maxBytes) return;
    this.#file = new SpoolFile();
    for (const each of this.#inMemory) this.#file.add(each);
    this.#inMemory = [];
  }

  finish(): RowList<Row> {
    return this.#file === undefined ? this.#inMemory : this.#file.finish<Row>();
  }
}

/** The approximate size of a row in bytes: 8 for a number in a list, 1 or 2 for a character. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return 24 + value.length;
  if (typeof value !== "object" || value === null) return 8;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (Array.isArray(value) && typeof value[0] === "number") return 32 + 8 * value.length;
  return Object.values(value).reduce((sum: number, inner) => sum + sizeOf(inner), 32);
}

/** Closes files whose rows are no longer used. */
const closing = new FinalizationRegistry<() => void>((close) => close());

class SpoolFile {
  readonly #file = openUnnamed();
  #pieces: Uint8Array[] = [];
  #waiting = 0;
  #end = 0;
  #ends = new Float64Array(2 ** 10);
  #count = 0;

  add(row: unknown): void {
    const bytes = serialize(row);
    this.#pieces.push(bytes);
    this.#waiting += bytes.length;
    this.#end += bytes.length;
    if (this.#count === this.#ends.length) {
      const larger = new Float64Array(2 * this.#count);
      larger.set(this.#ends);
      this.#ends = larger;
    }
    this.#ends[this.#count] = this.#end;
    this.#count += 1;
    if (this.#waiting >= pieceSize) this.#write();
  }

  finish<Row>(): RowList<Row> {
    this.#write();
    const rows = new StoredRows<Row>(this.#file.descriptor, this.#ends.slice(0, this.#count));
    closing.register(rows, this.#file.close);
    return rows;
  }

  #write(): void {
    const bytes = Buffer.concat(this.#pieces);
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#file.descriptor, bytes, done);
    this.#pieces = [];
    this.#waiting = 0;
  }
}

/** An open file whose name is already deleted, if the system allows it; else the file is deleted when it is closed. */
function openUnnamed(): { readonly descriptor: number; readonly close: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "lowrank-rows-"));
  const descriptor = openSync(join(folder, "rows"), "w+");
  const remove = () => rmSync(folder, { recursive: true, force: true });
  if (process.platform !== "win32") {
    remove();
    return { descriptor, close: () => closeSync(descriptor) };
  }
  const close = () => {
    closeSync(descriptor);
    remove();
  };
  process.once("exit", close);
  return {
    descriptor,
    close: () => {
      process.off("exit", close);
      close();
    },
  };
}

class StoredRows<Row> extends NumberedRows<Row> {
  constructor(
    private readonly descriptor: number,
    private readonly ends: Float64Array,
  ) {
    super();
  }

  get length(): number {
    return this.ends.length;
  }

  at(index: number): Row | undefined {
    const end = this.ends[index];
    if (end === undefined) return undefined;
    const start = this.#startOf(index);
    return deserialize(this.#read(start, end - start));
  }

  /** Reads in pieces, because one row at a time would need a system call for each. */
  override *[Symbol.iterator](): Generator<Row> {
    for (let first = 0; first < this.length; ) {
      const start = this.#startOf(first);
      let last = first;
      while (last + 1 < this.length && (this.ends[last + 1] ?? 0) - start <= pieceSize) last += 1;
      const piece = this.#read(start, (this.ends[last] ?? start) - start);
      for (let index = first; index <= last; index += 1) {
        yield deserialize(piece.subarray(this.#startOf(index) - start, (this.ends[index] ?? start) - start));
      }
      first = last + 1;
    }
  }

  #startOf(index: number): number {
    return index === 0 ? 0 : (this.ends[index - 1] ?? 0);
  }

  #read(start: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    for (let done = 0; done < length; ) {
      const count = readSync(this.descriptor, bytes, done, length - done, start + done);
      if (count === 0) throw new Error("The temporary file of rows became shorter after it was written.");
      done += count;
    }
    return bytes;
  }
}
