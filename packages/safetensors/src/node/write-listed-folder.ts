// Writes a folder with a list of its files. Overwriting replaces only listed files; all others belong to somebody else and are
// kept.

import { readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { FileReadError, notReplaceableError } from "./errors.ts";
import { linkTarget, openFile } from "./open-file.ts";
import { tidyUpTemporaries } from "./temporary-path.ts";
import { type AtomicWriteOptions, atomicWriteNames } from "./write-file-atomic.ts";
import { writeFolderAtomic } from "./write-folder-atomic.ts";

const listName = ".lowrank.json";
const format = "lowrank-folder";
/** Names of a few files and of checkpoints. */
const largestList = 2 ** 20;

/** Options of `writeListedFolder`. */
export interface ListedFolderOptions extends AtomicWriteOptions {
  /** Also overwrite a folder without a list, as if its list were empty. Default false. */
  readonly mayBeUnlisted?: boolean;
  /** Which entries of a replaced folder are kept. Default: those that its list does not name. */
  readonly keep?: (name: string, isListed: boolean) => boolean;
}

const optionNames: OptionNames<ListedFolderOptions> = { ...atomicWriteNames, mayBeUnlisted: true, keep: true };

/**
 * Like `writeFolderAtomic`, with a list of the files that `fill` wrote, `.lowrank.json`. `overwrite` replaces a folder that has
 * such a list or is empty. Entries that are not listed are kept, unless `fill` wrote an entry of that name.
 *
 * @throws {NOT_REPLACEABLE} if the folder has no list and `mayBeUnlisted` is not set; and what `writeFolderAtomic` throws.
 */
export async function writeListedFolder(
  path: string,
  fill: (temporaryFolder: string) => Promise<void>,
  options: ListedFolderOptions = {},
): Promise<void> {
  refuseUnknownOptions("writeListedFolder", options, optionNames);
  const { overwrite = false, mayBeUnlisted = false, keep = (_, isListed) => !isListed, ...onDisk } = options;
  await tidyUpTemporaries(dirname(await linkTarget(path)), onDisk.fileSystem); // first: it may bring back an older output
  const earlier = await listedNames(path);
  if (overwrite && !mayBeUnlisted && earlier === undefined && (await holdsSomething(path)))
    throw notReplaceableError(path, `it has no ${listName}, so it was not written by lowrank`);
  const listed = new Set(earlier);
  const staying = [...listed].filter((name) => keep(name, true));
  await writeFolderAtomic(
    path,
    async (inside) => {
      await fill(inside);
      const files = [...new Set([...(await readdir(inside)), ...staying])].sort();
      await writeFile(join(inside, listName), `${JSON.stringify({ format, version: 1, files }, null, 2)}\n`);
    },
    { ...onDisk, overwrite, keep: (name) => keep(name, listed.has(name)) },
  );
}

/**
 * The names of lowrank's files in a folder; undefined without a valid list.
 *
 * @throws {FileReadError} if there is a list that cannot be read.
 */
export async function listedNames(folder: string): Promise<ReadonlySet<string> | undefined> {
  const text = await listText(join(folder, listName));
  if (text === undefined) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    if (typeof list !== "object" || list === null || !("format" in list) || !("files" in list)) return undefined;
    if (list.format !== format || !Array.isArray(list.files)) return undefined;
    return new Set(list.files.filter((name) => typeof name === "string"));
  } catch {
    return undefined;
  }
}

async function listText(path: string): Promise<string | undefined> {
  try {
    const file = await openFile(path);
    try {
      return file.size > largestList ? undefined : new TextDecoder().decode(await file.read(0, file.size));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof FileReadError && ["ENOENT", "ENOTDIR"].includes(error.systemCode ?? "")) return undefined;
    throw error;
  }
}

/** A path that cannot be listed is not a folder; `writeFolderAtomic` reports it. */
async function holdsSomething(path: string): Promise<boolean> {
  return (await readdir(path).catch(() => [])).length > 0;
}
