// An adapter from a zip file. Only an adapter's files are unpacked, from any folder in it, and none beyond its size limit:
// an archive from outside may claim anything.

import { unzipSync } from "fflate";
import { AdapterFilesError } from "./errors.ts";
import type { AdapterFolder } from "./shelf-folder.ts";

/** Archives with more are something else. */
const maxEntries = 2000;

/** The adapter's files by their names alone. Throws AdapterFilesError. */
export function readZip(fileNames: string, archive: Uint8Array): AdapterFolder {
  const folder = new Map<string, Uint8Array>();
  let entries = 0;
  const unpacked = unpack(fileNames, archive, ({ name, originalSize }) => {
    entries += 1;
    if (entries > maxEntries) throw new AdapterFilesError(fileNames, `it has more than ${maxEntries} files`);
    const file = nameOf(name);
    if (!maxBytes.has(file)) return false;
    checkSize(fileNames, file, originalSize); // no more than this is unpacked, whatever follows
    return true;
  });
  for (const [path, bytes] of Object.entries(unpacked)) {
    const file = nameOf(path);
    if (folder.has(file)) throw new AdapterFilesError(fileNames, `it has ${file} twice; add one adapter at a time`);
    folder.set(file, bytes);
  }
  return folder;
}

function unpack(
  fileNames: string,
  archive: Uint8Array,
  filter: (entry: { readonly name: string; readonly originalSize: number }) => boolean,
): Readonly<Record<string, Uint8Array>> {
  try {
    return unzipSync(archive, { filter });
  } catch (cause) {
    if (cause instanceof AdapterFilesError) throw cause;
    throw new AdapterFilesError(fileNames, "it is not a zip file, or it is damaged", { cause });
  }
}

function nameOf(path: string): string {
  return path.split("/").at(-1) ?? "";
}

const megabyte = 1_000_000;

/** Most bytes of each file that is taken over; others are not looked at. */
export const maxBytes: ReadonlyMap<string, number> = new Map([
  ["adapter_config.json", 4 * megabyte],
  ["adapter_model.safetensors", 600 * megabyte],
  ["README.md", megabyte],
  ["tokenizer.json", 64 * megabyte],
  ["tokenizer_config.json", 4 * megabyte],
  ["special_tokens_map.json", megabyte],
  ["added_tokens.json", megabyte],
  ["chat_template.jinja", megabyte],
]);

export const needed = ["adapter_config.json", "adapter_model.safetensors"] as const;

/** Throws AdapterFilesError for a file that is larger than its kind may be. */
export function checkSize(fileNames: string, file: string, bytes: number): void {
  const max = maxBytes.get(file) ?? 0;
  if (bytes > max) throw new AdapterFilesError(fileNames, `${file} has ${bytes} bytes; the maximum is ${max}`);
}

/** Throws AdapterFilesError if one of the needed files is missing. */
export function checkWhole(fileNames: string, folder: AdapterFolder): void {
  const missing = needed.filter((file) => !folder.has(file));
  if (missing.length > 0) throw new AdapterFilesError(fileNames, `there is no ${missing.join(" and no ")}`);
}
