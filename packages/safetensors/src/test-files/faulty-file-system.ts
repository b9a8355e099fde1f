// A file system that behaves like Node's until a certain call, which fails.

import { type FileSystem, nodeFileSystem, type OpenFile } from "../node/file-system.ts";

/** When a call fails. */
export interface Fault {
  /** The call, counted from 1, at which the trouble starts. */
  readonly call: number;
  /** Only that call, or every call from there on, as when a disk dies. */
  readonly lasting?: boolean;
  /** ENOSPC, EIO, … */
  readonly code: string;
}

/** A failing file system that counts its calls. */
export interface FaultyFileSystem extends FileSystem {
  /** Names of the calls so far. */
  readonly calls: readonly string[];
}

/** Wraps Node's file system. Writes pass at most `largestWrite` bytes, which the system is free to do. */
export function faultyFileSystem(fault: Fault, largestWrite = Number.POSITIVE_INFINITY): FaultyFileSystem {
  const calls: string[] = [];
  const attempt = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    calls.push(name);
    const fails = calls.length === fault.call || (fault.lasting === true && calls.length > fault.call);
    if (fails)
      throw Object.assign(new Error(`${fault.code}: made up for call ${calls.length}, ${name}`), { code: fault.code });
    return work();
  };
  const wrap = (file: OpenFile): OpenFile => ({
    read: (into, offset, length, position) => attempt("read", () => file.read(into, offset, length, position)),
    write: (from, offset, length) => attempt("write", () => file.write(from, offset, Math.min(length, largestWrite))),
    sync: () => attempt("sync", () => file.sync()),
    close: async () => {
      await file.close(); // for real, also when a failure is reported: the descriptor is gone then too
      await attempt("close", async () => undefined);
    },
    size: () => attempt("size", () => file.size()),
  });
  return {
    calls,
    openForReading: (path) => attempt("open", async () => wrap(await nodeFileSystem.openForReading(path))),
    openForSyncing: (path) => attempt("open", async () => wrap(await nodeFileSystem.openForSyncing(path))),
    create: (path) => attempt("create", async () => wrap(await nodeFileSystem.create(path))),
    makeFolder: (path) => attempt("makeFolder", () => nodeFileSystem.makeFolder(path)),
    makeFolders: (path) => attempt("makeFolders", () => nodeFileSystem.makeFolders(path)),
    rename: (from, to, options) => attempt("rename", () => nodeFileSystem.rename(from, to, options)),
    link: (from, to) => attempt("link", () => nodeFileSystem.link(from, to)),
    copy: (from, to) => attempt("copy", () => nodeFileSystem.copy(from, to)),
    remove: (path) => attempt("remove", () => nodeFileSystem.remove(path)),
    removeEmptyFolder: (path) => attempt("removeEmptyFolder", () => nodeFileSystem.removeEmptyFolder(path)),
    list: (path) => attempt("list", () => nodeFileSystem.list(path)),
    entry: (path) => attempt("entry", () => nodeFileSystem.entry(path)),
    copyMode: (from, to) => attempt("copyMode", async () => nodeFileSystem.copyMode?.(from, to)),
    syncFolder: (path) => attempt("syncFolder", () => nodeFileSystem.syncFolder(path)),
  };
}
