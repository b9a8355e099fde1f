// A folder with a list of what was written into it. By that it is known later whose it is: overwriting replaces what the
// list names, and everything else is somebody's own and stays.

import { readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts";
import { FileReadError, NotReplaceableError } from "./errors.ts";
import { linkTarget, openFile } from "./open-file.ts";
import { tidyUpTemporaries } from "./temporary-path.ts";
import { type AtomicWriteOptions, atomicWriteNames } from "./write-file-atomic.ts";
import { writeFolderAtomic } from "./write-folder-atomic.ts";

const listName = ".lowrank.json";
const format = "lowrank-folder";
/** Names of a few files and of checkpoints. */
const largestList = 2 ** 20;

/** How a listed folder is written. */
export interface ListedFolderOptions extends AtomicWriteOptions {
  /** Overwrite a folder without a list as well, as if nothing in it were listed; default false. */
  readonly mayBeUnlisted?: boolean;
  /** Which entries of a folder that is replaced live on in the new one; default those that its list does not name. */
  readonly keep?: (name: string, isListed: boolean) => boolean;
}

const optionNames: OptionNames<ListedFolderOptions> = { ...atomicWriteNames, mayBeUnlisted: true, keep: true };

/**
 * As `writeFolderAtomic`, with a list of what `fill` wrote, `.lowrank.json`. With `overwrite` a folder is replaced that has such a
 * list – or is empty –, and what it does not name lives on in the new folder, unless `fill` wrote something of that name.
 *
 * @throws {NotReplaceableError} if the folder has no list and `mayBeUnlisted` is not set; and what `writeFolderAtomic` throws.
 *
 * @example
 * ```ts
 * import { writeFile } from "node:fs/promises";
 * import { writeListedFolder } from "@lowrank/safetensors/node";
 *
 * async function save(folder: string, text: string): Promise<void> {
 *   await writeListedFolder(folder, (inside) => writeFile(`${inside}/result.txt`, text), { overwrite: true });
 * }
 * ```
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
    throw new NotReplaceableError(path, `it has no ${listName}, so it was not written by lowrank`);
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
 * The names of what lowrank wrote into a folder; undefined where it has no list, or one that nobody understands.
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

/** What cannot be listed is no folder; `writeFolderAtomic` says what it is. */
async function holdsSomething(path: string): Promise<boolean> {
  return (await readdir(path).catch(() => [])).length > 0;
}
