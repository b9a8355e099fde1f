// The file-system calls that are used here, as an interface, so that a test can let any call fail.

import { constants, type Stats } from "node:fs";
import * as fs from "node:fs/promises";
import { dirname } from "node:path";

export interface OpenFile {
  /** Number of bytes read; 0 at the end. */
  read(into: Uint8Array, offset: number, length: number, position: number): Promise<number>;
  /** Number of bytes written, possibly fewer than requested. */
  write(from: Uint8Array, offset: number, length: number): Promise<number>;
  sync(): Promise<void>;
  close(): Promise<void>;
  size(): Promise<{ readonly bytes: number; readonly isFile: boolean }>;
}

interface PathEntry {
  /** "other": a device, a pipe or a socket. */
  readonly kind: "file" | "folder" | "link" | "other";
  readonly modifiedAt: number;
  /** Time of the last change of the entry, including its name. */
  readonly changedAt: number;
}

/** The file-system calls that reading and atomic writing need. */
export interface FileSystem {
  openForReading(path: string): Promise<OpenFile>;
  /** Opens a file to sync earlier writes: `sync` need not work on a file that is open for reading. */
  openForSyncing(path: string): Promise<OpenFile>;
  /** Fails if the path exists. */
  create(path: string): Promise<OpenFile>;
  /** Fails if the path exists. */
  makeFolder(path: string): Promise<void>;
  /** Makes a folder and missing ones above it. */
  makeFolders(path: string): Promise<void>;
  /** With `isToNew` it fails with EEXIST if the new path exists; that is for files. */
  rename(from: string, to: string, options?: { readonly isToNew: boolean }): Promise<void>;
  /** Makes a hard link. Fails if the path exists, or if the file system has no links. */
  link(from: string, to: string): Promise<void>;
  /** Copies a file with its permissions; fails if the path exists. */
  copy(from: string, to: string): Promise<void>;
  /** Removes a file or a whole folder; an absent path is fine. */
  remove(path: string): Promise<void>;
  removeEmptyFolder(path: string): Promise<void>;
  list(path: string): Promise<readonly string[]>;
  /** Does not follow a link; `undefined` if the path does not exist. */
  entry(path: string): Promise<PathEntry | undefined>;
  /** Syncs a folder's names to the disk. */
  syncFolder(path: string): Promise<void>;
  /** Copies permissions from one path to another; absent if the system has none. */
  copyMode?(from: string, to: string): Promise<void>;
}

/** Largest read or write in one call, in bytes: from 2 GiB on Node refuses, and so do some systems. */
export const largestTransfer = 1 << 30;

/** Node's own file system. */
export const nodeFileSystem: FileSystem = {
  // O_NONBLOCK: opening a named pipe would otherwise wait forever for a writer.
  openForReading: async (path) => wrap(await fs.open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))),
  openForSyncing: async (path) => wrap(await openForSyncing(path)),
  create: async (path) => wrap(await fs.open(path, "wx")),
  makeFolder: async (path) => void (await fs.mkdir(path)),
  makeFolders,
  rename: (from, to, { isToNew } = { isToNew: false }) => (isToNew ? renameToNew(from, to) : fs.rename(from, to)),
  link: (from, to) => fs.link(from, to),
  copy: (from, to) => fs.copyFile(from, to, constants.COPYFILE_EXCL),
  // On Windows an open file cannot be removed at once.
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

/** Windows syncs only files open for writing; others can sync read-only files, too. */
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

/** Permissions without setuid and setgid. The owner gets all permissions of a folder; else it could not be removed. */
async function copyMode(from: string, to: string): Promise<void> {
  const stat = await fs.stat(from);
  await fs.chmod(to, (stat.mode & 0o777) | (stat.isDirectory() ? 0o700 : 0));
}

/** `rename` replaces an existing file; a hard link does not. */
async function renameToNew(from: string, to: string): Promise<void> {
  try {
    await fs.link(from, to);
  } catch (error) {
    if (systemCode(error) === "EEXIST") throw error;
    // Not all file systems have links: memory cards and some network folders do not.
    return fs.rename(from, to);
  }
  // The file is in place; the next run removes its old name.
  await fs.unlink(from).catch(() => undefined);
}

async function syncFolder(path: string): Promise<void> {
  let handle: fs.FileHandle;
  try {
    handle = await fs.open(path, "r");
  } catch (error) {
    // Windows cannot open folders; its file system orders such changes itself.
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

/** The system's error code ("ENOSPC"), if the error has one. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** One folder after the other: Node's own `recursive` never ends below /proc, where no folder can be made. */
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
