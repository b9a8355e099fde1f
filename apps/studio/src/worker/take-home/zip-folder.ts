// A folder to write into that becomes a zip, piece by piece. Nothing is packed smaller: weights do not shrink.

import { LowrankError } from "@lowrank/contracts";
import { Zip, ZipPassThrough } from "fflate";
import type { WritableDirectory } from "lowrank/browser";
import type { ScratchFile } from "./scratch-file.ts";

/** A plain zip counts its bytes in 32 bits. */
const maxBytes = 2 ** 32 - 1;

/** More than fits into a zip. */
class ZipTooLargeError extends LowrankError {
  constructor(readonly bytes: number) {
    super(
      "ZIP_TOO_LARGE",
      `The merged model has more than ${Math.floor(bytes / 2 ** 30)} GiB, which is more than a zip can hold. Take the adapter instead, and merge it with lowrank or PEFT on the command line.`,
    );
  }
}

export interface ZipFolder extends WritableDirectory {
  /** Ends the zip; nothing more can be written. */
  close(): void;
}

/** Passes all bytes to the sink. `onBytes` receives their number. */
export function zipFolder(target: Pick<ScratchFile, "write">, onBytes: (bytes: number) => void): ZipFolder {
  let done = 0;
  let failure: unknown;
  const zip = new Zip((error, bytes) => {
    if (failure !== undefined) return;
    try {
      if (error) throw error;
      target.write(bytes);
      done += bytes.length;
      if (done > maxBytes) throw new ZipTooLargeError(done);
      onBytes(done);
    } catch (reason) {
      failure = reason; // thrown where somebody waits: fflate would lose it
    }
  });
  const check = () => {
    if (failure !== undefined) throw failure;
  };
  return {
    name: "the zip",
    async getFileHandle(name) {
      const entry = new ZipPassThrough(name);
      zip.add(entry);
      const encoder = new TextEncoder();
      return {
        createWritable: async () => ({
          async write(data) {
            entry.push(typeof data === "string" ? encoder.encode(data) : data);
            check();
          },
          async close() {
            entry.push(new Uint8Array(0), true);
            check();
          },
        }),
      };
    },
    close() {
      zip.end();
      check();
    },
  };
}
