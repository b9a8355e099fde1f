// Writes a folder of several files completely or not at all.

import { realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import {
  DiskFullError,
  FileWriteError,
  notReplaceableError,
  outputExistsError,
  protectedFolderError,
  writeFailure,
} from "./errors.ts";
import { type FileSystem, nodeFileSystem, systemCode } from "./file-system.ts";
import { isWithin } from "./is-within.ts";
import { linkTarget } from "./open-file.ts";
import { renamePatiently, temporaryPath, tidyUpTemporaries } from "./temporary-path.ts";
import { type AtomicWriteOptions, atomicWriteNames, keepMode } from "./write-file-atomic.ts";

/** Options of `writeFolderAtomic`. */
export interface FolderWriteOptions extends AtomicWriteOptions {
  /** Selects entries of a replaced folder, by name, that the new one keeps, unless `fill` wrote an entry of that name. Default: none. */
  readonly keep?: (name: string) => boolean;
}

const optionNames: OptionNames<FolderWriteOptions> = { ...atomicWriteNames, keep: true };

/**
 * Makes a folder so that, whatever happens, its path has the old folder, the complete new one, or nothing. `fill` writes into a
 * temporary folder next to it, whose files are then synced and which is renamed into place. An existing empty folder counts as absent.
 * With `overwrite`, any other folder is moved aside and removed at the end, except for the entries that `keep` selects. Missing parent
 * folders are made. Permissions of the folder, and a link to it, stay unchanged.
 *
 * @param fill Writes the files. Its errors are rethrown, failures of the system as the errors below, and its files are removed.
 *
 * @throws {OUTPUT_EXISTS} if the path exists, is no empty folder, and `overwrite` is not set.
 * @throws {NOT_REPLACEABLE} if it is a file, a device, a pipe, a socket or a link that leads in a circle.
 * @throws {PROTECTED_FOLDER} if the current folder is, or is in, the folder to be replaced.
 * @throws {DiskFullError | FileWriteError} if the system fails.
 */
export async function writeFolderAtomic(
  path: string,
  fill: (temporaryFolder: string) => Promise<void>,
  options: FolderWriteOptions = {},
): Promise<void> {
  refuseUnknownOptions("writeFolderAtomic", options, optionNames);
  const target = await linkTarget(path);
  const fileSystem = options.fileSystem ?? nodeFileSystem;
  const temporary = await temporaryPath(target, "unfinished");
  try {
    await fileSystem.makeFolders(dirname(target));
    await tidyUpTemporaries(dirname(target), fileSystem); // first: it may bring back an older output
    await stateOf(target, { ...options, fileSystem });
    await fileSystem.makeFolder(temporary);
    await fill(temporary);
    await syncTree(temporary, fileSystem);
    await moveIntoPlace(temporary, target, { ...options, fileSystem });
  } catch (error) {
    await fileSystem.remove(temporary).catch(() => undefined);
    throw writeFailure(path, withoutTemporary(error, temporary));
  }
}

/** Reports a failed file as a failure of the folder, because users do not know the temporary name. */
function withoutTemporary(error: unknown, temporary: string): unknown {
  const isWriteFailure = error instanceof DiskFullError || error instanceof FileWriteError;
  return isWriteFailure && isWithin(resolve(error.path), temporary) ? error.cause : error;
}

type CheckedOptions = FolderWriteOptions & { readonly fileSystem: FileSystem };

/** The entry at the target; throws if it may not be replaced. */
async function stateOf(target: string, options: CheckedOptions): Promise<"absent" | "empty" | "replaceable"> {
  const entry = await options.fileSystem.entry(target);
  if (entry === undefined) return "absent";
  if (entry.kind === "folder") {
    const names = await options.fileSystem.list(target).catch((error: unknown) => {
      if (systemCode(error) === "ENOENT") return undefined; // another writer has just moved it aside
      throw error;
    });
    if (names === undefined) return "absent";
    if (names.length === 0) return "empty";
  }
  if (options.overwrite !== true) throw outputExistsError(target);
  if (entry.kind !== "folder") throw notReplaceableError(target, "it is not a folder");
  if (isWithin(await realPath(process.cwd()), await realPath(target))) throw protectedFolderError(target);
  return "replaceable";
}

/** Links are resolved, because the current folder may have another name. */
function realPath(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

/** All files and their folder are synced in parallel: this takes little longer than the largest file. */
async function syncTree(folder: string, fileSystem: FileSystem): Promise<void> {
  const names = await fileSystem.list(folder);
  const entries = names.map((name) => syncEntry(join(folder, name), fileSystem));
  const outcomes = await Promise.allSettled([...entries, fileSystem.syncFolder(folder)]);
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

async function syncEntry(path: string, fileSystem: FileSystem): Promise<void> {
  const entry = await fileSystem.entry(path);
  if (entry?.kind === "folder") await syncTree(path, fileSystem);
  if (entry?.kind === "file") await syncFile(path, fileSystem);
}

async function syncFile(path: string, fileSystem: FileSystem): Promise<void> {
  const file = await fileSystem.openForSyncing(path);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Number of attempts while others write the same folder. */
const maxAttempts = 10;

async function moveIntoPlace(temporary: string, target: string, options: CheckedOptions): Promise<void> {
  const aside = await enter(temporary, target, options);
  try {
    await options.fileSystem.syncFolder(dirname(target));
  } finally {
    // The new folder is complete and in place; the old one's remains are removed by the next run if not now.
    if (aside !== undefined) await clearAway(aside, target, options).catch(() => undefined);
  }
}

async function clearAway(aside: string, target: string, { keep, fileSystem }: CheckedOptions): Promise<void> {
  if (keep !== undefined) await moveRest({ from: aside, to: target, keep }, fileSystem);
  await fileSystem.remove(dirname(aside));
}

/** Returns the new path of an older folder, if there was one. */
async function enter(temporary: string, target: string, options: CheckedOptions): Promise<string | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await enterOnce(temporary, target, options);
    } catch (error) {
      const isOvertaken = ["ENOENT", "ENOTEMPTY", "EEXIST"].includes(systemCode(error) ?? "");
      if (!isOvertaken || attempt === maxAttempts) throw error;
    }
  }
}

async function enterOnce(temporary: string, target: string, options: CheckedOptions): Promise<string | undefined> {
  const { fileSystem } = options;
  const state = await stateOf(target, options); // filling may have taken an hour
  if (state !== "absent") await keepMode(target, temporary, fileSystem);
  if (state === "replaceable") return replace(temporary, target, options);
  // POSIX renames over an empty folder, Windows does not.
  if (state === "empty") await fileSystem.removeEmptyFolder(target);
  await renamePatiently(fileSystem, temporary, target);
  return undefined;
}

/** No portable system call swaps two folders, so the old one is moved aside, and moved back if the new one cannot be moved in. */
async function replace(temporary: string, target: string, { keep, fileSystem }: CheckedOptions): Promise<string> {
  if (keep !== undefined) {
    await carryOver({ from: target, to: temporary, keep }, fileSystem, (path) => syncEntry(path, fileSystem));
    await fileSystem.syncFolder(temporary);
  }
  const room = await temporaryPath(target, "replaced");
  const aside = join(room, basename(target));
  await fileSystem.makeFolder(room);
  try {
    await renamePatiently(fileSystem, target, aside);
  } catch (error) {
    await fileSystem.remove(room).catch(() => undefined);
    throw error;
  }
  try {
    await renamePatiently(fileSystem, temporary, target);
  } catch (error) {
    await putBack(aside, target, fileSystem);
    throw error;
  }
  return aside;
}

/** Moves the old folder back. If another output is in its place by now, it stays replaced. */
async function putBack(aside: string, target: string, fileSystem: FileSystem): Promise<void> {
  try {
    await renamePatiently(fileSystem, aside, target);
  } catch (error) {
    if (systemCode(error) !== "ENOTEMPTY" && systemCode(error) !== "EEXIST") throw error;
  }
  await fileSystem.remove(dirname(aside)).catch(() => undefined);
}

/** Two folders, and the entries of the old one to keep, if the new one has none of that name. */
interface CarryOver {
  readonly from: string;
  readonly to: string;
  readonly keep: (name: string) => boolean;
}

/** Links or copies entries to keep; `moveRest` moves those that failed. `sync` is called for new ones. */
async function carryOver(
  plan: CarryOver,
  fileSystem: FileSystem,
  sync: (path: string) => Promise<void>,
): Promise<void> {
  for (const name of await missing(plan, fileSystem).catch(() => [])) {
    const to = join(plan.to, name);
    try {
      await duplicate(join(plan.from, name), to, fileSystem);
      await sync(to);
    } catch {
      await fileSystem.remove(to).catch(() => undefined); // a partial folder would prevent moving the rest
    }
  }
}

/** Moves entries that could not be linked or copied, or are new. Both folders must be in place; throws if the system fails. */
async function moveRest(plan: CarryOver, fileSystem: FileSystem): Promise<void> {
  for (const name of await missing(plan, fileSystem)) {
    await renamePatiently(fileSystem, join(plan.from, name), join(plan.to, name));
  }
}

async function missing({ from, to, keep }: CarryOver, fileSystem: FileSystem): Promise<readonly string[]> {
  const names = (await fileSystem.list(from)).filter(keep);
  if (names.length === 0) return [];
  const there = new Set(await fileSystem.list(to));
  return names.filter((name) => !there.has(name));
}

async function duplicate(from: string, to: string, fileSystem: FileSystem): Promise<void> {
  const entry = await fileSystem.entry(from);
  if (entry?.kind === "folder") {
    await fileSystem.makeFolder(to);
    for (const name of await fileSystem.list(from)) await duplicate(join(from, name), join(to, name), fileSystem);
    await fileSystem.copyMode?.(from, to);
    return;
  }
  // Reading a pipe would wait forever, and a link may lead anywhere.
  if (entry?.kind !== "file") throw new Error(`"${from}" is neither a file nor a folder.`);
  // Not all file systems have links: memory cards and some network folders do not.
  await fileSystem.link(from, to).catch(() => fileSystem.copy(from, to));
}
