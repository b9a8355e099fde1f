// The few file-system calls that are used here, as an interface: a test passes one that fails at any call it likes.

import { constants, type Stats } from "node:fs";
import * as fs from "node:fs/promises";
import { dirname } from "node:path";

/** An open file. */
export interface OpenFile {
  /** How many bytes were read; 0 at the end. */
  read(into: Uint8Array, offset: number, length: number, position: number): Promise<number>;
  /** How many bytes were written, which may be fewer than asked for. */
  write(from: Uint8Array, offset: number, length: number): Promise<number>;
  sync(): Promise<void>;
  close(): Promise<void>;
  size(): Promise<{ readonly bytes: number; readonly isFile: boolean }>;
}

/** What is at a path. */
interface PathEntry {
  /** "other": a device, a pipe or a socket. */
  readonly kind: "file" | "folder" | "link" | "other";
  readonly modifiedAt: number;
  /** When anything about it changed last, its name included. */
  readonly changedAt: number;
}

/** The file-system calls that reading and atomic writing need. */
export interface FileSystem {
  openForReading(path: string): Promise<OpenFile>;
  /** To ask the disk to keep what was written before: `sync` need not work on a file that is open for reading. */
  openForSyncing(path: string): Promise<OpenFile>;
  /** Fails if the path exists. */
  create(path: string): Promise<OpenFile>;
  /** Fails if the path exists. */
  makeFolder(path: string): Promise<void>;
  /** Makes a folder and those above it, where they are missing. */
  makeFolders(path: string): Promise<void>;
  /** With `isToNew` it fails with EEXIST if the new path exists; that is for files. */
  rename(from: string, to: string, options?: { readonly isToNew: boolean }): Promise<void>;
  /** Gives a file a second name; fails if the path exists, or where the file system has no links. */
  link(from: string, to: string): Promise<void>;
  /** Copies a file with its permissions; fails if the path exists. */
  copy(from: string, to: string): Promise<void>;
  /** Removes a file or a whole folder; an absent path is fine. */
  remove(path: string): Promise<void>;
  removeEmptyFolder(path: string): Promise<void>;
  list(path: string): Promise<readonly string[]>;
  /** Without following a link; `undefined` if there is nothing. */
  entry(path: string): Promise<PathEntry | undefined>;
  /** Asks the disk to keep a folder's names. */
  syncFolder(path: string): Promise<void>;
  /** Gives one path the permissions of another; absent where there are none. */
  copyMode?(from: string, to: string): Promise<void>;
}

/** The most bytes that one call reads or writes: from 2 GiB on Node refuses, and so do some systems. */
export const largestTransfer = 1 << 30;

/** Node's own file system. */
export const nodeFileSystem: FileSystem = {
  // O_NONBLOCK: opening a named pipe would otherwise wait for ever for a writer.
  openForReading: async (path) => wrap(await fs.open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))),
  openForSyncing: async (path) => wrap(await openForSyncing(path)),
  create: async (path) => wrap(await fs.open(path, "wx")),
  makeFolder: async (path) => void (await fs.mkdir(path)),
  makeFolders,
  rename: (from, to, { isToNew } = { isToNew: false }) => (isToNew ? renameToNew(from, to) : fs.rename(from, to)),
  link: (from, to) => fs.link(from, to),
  copy: (from, to) => fs.copyFile(from, to, constants.COPYFILE_EXCL),
  // On Windows a file that somebody looks at cannot be removed at once.
  remove: (path) => fs.rm(path, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 }),
  removeEmptyFolder: (path) => fs.rmdir(path),
  list: (path) => fs.readdir(path),
  entry,
  syncFolder,
  copyMode,
};

function wrap(handle: fs.FileHandle): OpenFile {
  return {
    read: async (into, offset, length, position) => (await handle.read(into, offset, length, position)).bytesRead,
    write: async (from, offset, length) => (await handle.write(from, offset, length)).bytesWritten,
    sync: () => handle.sync(),
    close: () => handle.close(),
    size: async () => {
      const stat = await handle.stat();
      return { bytes: stat.size, isFile: stat.isFile() };
    },
  };
}

/** Windows syncs only what is open for writing; elsewhere a file that nobody may write is synced all the same. */
async function openForSyncing(path: string): Promise<fs.FileHandle> {
  try {
    return await fs.open(path, "r+");
  } catch (error) {
    if (systemCode(error) !== "EACCES" && systemCode(error) !== "EPERM") throw error;
    return fs.open(path, "r");
  }
}

async function entry(path: string): Promise<PathEntry | undefined> {
  try {
    const stat = await fs.lstat(path);
    return { kind: kindOf(stat), modifiedAt: stat.mtimeMs, changedAt: stat.ctimeMs };
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function kindOf(stat: Stats): PathEntry["kind"] {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "folder";
  return stat.isSymbolicLink() ? "link" : "other";
}

/** Who may read, write and run; not who one becomes by running it. Of a folder, its owner may do all, or it could not be removed. */
async function copyMode(from: string, to: string): Promise<void> {
  const stat = await fs.stat(from);
  await fs.chmod(to, (stat.mode & 0o777) | (stat.isDirectory() ? 0o700 : 0));
}

/** `rename` replaces what is there; a second name for the same file cannot. */
async function renameToNew(from: string, to: string): Promise<void> {
  try {
    await fs.link(from, to);
  } catch (error) {
    if (systemCode(error) === "EEXIST") throw error;
    // Not every file system has links: memory cards and some network folders do not.
    return fs.rename(from, to);
  }
  // The file is in place whatever becomes of its other name, which the next run tidies up.
  await fs.unlink(from).catch(() => undefined);
}

async function syncFolder(path: string): Promise<void> {
  let handle: fs.FileHandle;
  try {
    handle = await fs.open(path, "r");
  } catch (error) {
    // Windows opens no folders; its file system orders such changes itself.
    if (["EISDIR", "EPERM", "EACCES"].includes(systemCode(error) ?? "")) return;
    throw error;
  }
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems cannot do this for a folder.
    if (!["EINVAL", "ENOTSUP", "EPERM", "EBADF"].includes(systemCode(error) ?? "")) throw error;
  } finally {
    await handle.close();
  }
}

/** The system's name of a failure ("ENOSPC"), if the error carries one. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** One folder after the other: Node's own `recursive` never ends below /proc, where nobody can make a folder. */
async function makeFolders(path: string): Promise<void> {
  const make = () => fs.mkdir(path).catch((error: unknown) => orFolder(path, error));
  const parent = dirname(path);
  if (parent === path) return make();
  await make().catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    await makeFolders(parent);
    await make();
  });
}

/** Throws the error unless there is a folder. */
async function orFolder(path: string, error: unknown): Promise<void> {
  const entry = await fs.stat(path).catch(() => undefined);
  if (entry?.isDirectory() !== true) throw error;
}
