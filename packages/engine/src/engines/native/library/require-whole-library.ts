// Looks at the library's file before the system's loader does: a file that is cut short would end the process.

import { importUnseen } from "../../import-unseen.ts";
import { elfFault } from "./elf-fault.ts";
import { type LibraryFile, UnusableLibraryError } from "./library-file.ts";

/**
 * Throws UnusableLibraryError if the file cannot be read, is not whole, or was built for another processor. Only Linux is
 * looked at: what the loaders of macOS and Windows do with a damaged file is not known here, and left to them.
 */
export async function requireWholeLibrary(library: LibraryFile): Promise<void> {
  if (process.platform !== "linux") return;
  const fault = await faultOf(library);
  if (fault !== undefined) throw new UnusableLibraryError(library, fault);
}

async function faultOf(library: LibraryFile): Promise<string | undefined> {
  const fs = (await importUnseen("node:fs")) as typeof import("node:fs");
  let descriptor: number | undefined;
  try {
    const opened = fs.openSync(library.path, "r");
    descriptor = opened;
    const { size } = fs.fstatSync(opened);
    const read = (from: number, length: number) => {
      const bytes = new Uint8Array(length);
      const got = fs.readSync(opened, bytes, 0, length, from);
      if (got !== length) throw new Error(`it has ${got} of ${length} bytes at ${from}`);
      return bytes;
    };
    return elfFault({ size, read }, process.arch);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new UnusableLibraryError(library, `cannot be read: ${message}`, { cause });
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}
