// An adapter out of a zip. Only the files that make an adapter are unpacked, whatever folder they lie in, and none beyond its
// bound: an archive from outside may claim anything.

import { unzipSync } from "fflate";
import { AdapterFilesError } from "./errors.ts";
import { checkSize, mostBytes } from "./known-files.ts";
import type { AdapterFolder } from "./shelf-folder.ts";

/** Archives with more are something else. */
const mostEntries = 2000;

/** The adapter's files by their names alone. Throws AdapterFilesError. */
export function readZip(given: string, archive: Uint8Array): AdapterFolder {
  const folder = new Map<string, Uint8Array>();
  let entries = 0;
  const unpacked = unpack(given, archive, ({ name, originalSize }) => {
    entries += 1;
    if (entries > mostEntries) throw new AdapterFilesError(given, `it holds more than ${mostEntries} files`);
    const file = nameOf(name);
    if (!mostBytes.has(file)) return false;
    checkSize(given, file, originalSize); // no more than this is unpacked, whatever follows
    return true;
  });
  for (const [path, bytes] of Object.entries(unpacked)) {
    const file = nameOf(path);
    if (folder.has(file)) throw new AdapterFilesError(given, `it holds ${file} twice: one adapter at a time`);
    folder.set(file, bytes);
  }
  return folder;
}

function unpack(
  given: string,
  archive: Uint8Array,
  filter: (entry: { readonly name: string; readonly originalSize: number }) => boolean,
): Readonly<Record<string, Uint8Array>> {
  try {
    return unzipSync(archive, { filter });
  } catch (cause) {
    if (cause instanceof AdapterFilesError) throw cause;
    throw new AdapterFilesError(given, "it is no zip, or a damaged one", { cause });
  }
}

function nameOf(path: string): string {
  return path.split("/").at(-1) ?? "";
}
