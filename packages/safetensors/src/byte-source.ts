// Sources of a file's bytes: memory, a Blob, or anything else that can be read in ranges.

import type { WarningListener } from "@lowrank/contracts";
import type { OptionNames } from "@lowrank/contracts/internal";
import type { Dtype } from "./dtypes.ts";
import { SafetensorsError } from "./errors.ts";

/** A source of bytes that can be read in ranges. */
export interface ByteSource {
  /** A path or URL, for messages. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset` on; rejects if there are fewer. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close?(): Promise<void>;
}

/** Bytes in memory as a source. `read` returns views, not copies. */
export function bytesSource(bytes: Uint8Array, name = "bytes in memory"): ByteSource {
  return {
    name,
    size: bytes.length,
    async read(offset, length) {
      checkReadRange({ name, size: bytes.length }, offset, length);
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** A browser's Blob or File as a source; only requested ranges are read. */
export function blobSource(
  blob: Blob,
  name = "name" in blob && typeof blob.name === "string" ? blob.name : "blob",
): ByteSource {
  return {
    name,
    size: blob.size,
    async read(offset, length) {
      checkReadRange({ name, size: blob.size }, offset, length);
      return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
    },
  };
}

/** Throws `InvalidRange` unless the range is within the source. */
export function checkReadRange(
  source: { readonly name: string; readonly size: number },
  offset: number,
  length: number,
): void {
  const isWithin = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (isWithin && offset + length <= source.size) return;
  const problem = `Cannot read bytes ${offset} to ${offset + length}: there are only ${source.size}.`;
  throw new SafetensorsError("InvalidRange", problem, { file: source.name, offset });
}

/** Reads a range and checks that it is complete. */
export async function readExactly(source: ByteSource, offset: number, length: number): Promise<Uint8Array> {
  const bytes = await source.read(offset, length);
  if (bytes.length === length) return bytes;
  const problem = `Expected ${length} bytes at ${offset}, got ${bytes.length}; the file changed or the source is broken.`;
  throw new SafetensorsError("IncompleteRead", problem, { file: source.name, offset });
}

/** Limits on a file's sizes. */
export interface ReadOptions {
  /** Maximum size of the header in bytes; default 25 000 000, never more than the format's 100 000 000. */
  readonly maxHeaderBytes?: number;
  /** Maximum number of tensors in one file; default 1 000 000. */
  readonly maxTensors?: number;
  /** Called with warnings. */
  readonly onWarning?: WarningListener;
}

export const readOptionNames: OptionNames<ReadOptions> = { maxHeaderBytes: true, maxTensors: true, onWarning: true };

/** One tensor of a file. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** First byte, relative to the start of the data buffer. */
  readonly begin: number;
  /** One past the last byte, relative to the start of the data buffer. */
  readonly end: number;
}
