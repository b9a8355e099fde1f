// Writes a file completely or not at all: next to its target, synced to disk, then renamed over it.

import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { notReplaceableError, outputExistsError, writeFailure } from "./errors.ts";
import { type FileSystem, largestTransfer, nodeFileSystem, type OpenFile, systemCode } from "./file-system.ts";
import { linkTarget } from "./open-file.ts";
import { renamePatiently, temporaryPath, tidyUpTemporaries } from "./temporary-path.ts";

/** The contents of a file: all bytes, or piece by piece (`safetensorsChunks`). */
export type FileContents = Uint8Array | string | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

export interface AtomicWriteOptions {
  /** Replace an existing output. Default false. */
  readonly overwrite?: boolean;
  readonly fileSystem?: FileSystem;
}

export const atomicWriteNames: OptionNames<AtomicWriteOptions> = { overwrite: true, fileSystem: true };

/**
 * Writes a file so that, whatever happens, its path has the old content, the complete new content, or nothing. It writes, syncs and
 * renames a temporary file in the same folder, and syncs the folder. On failure the temporary file is removed. Files that killed
 * processes left in the folder are removed first. Missing parent folders are made. An overwritten file keeps its permissions if the
 * system allows it. A link stays a link, and its target is written.
 *
 * @throws {OUTPUT_EXISTS} if the path exists and `overwrite` is not set.
 * @throws {NOT_REPLACEABLE} if it is a folder, a device, a pipe or a socket.
 * @throws {DiskFullError | FileWriteError} if the system fails. An error thrown by `contents` passes through.
 */
export async function writeFileAtomic(
  path: string,
  contents: FileContents,
  options: AtomicWriteOptions = {},
): Promise<void> {
  refuseUnknownOptions("writeFileAtomic", options, atomicWriteNames);
  const target = await linkTarget(path);
  const fileSystem = options.fileSystem ?? nodeFileSystem;
  const temporary = await temporaryPath(target, "unfinished");
  try {
    await fileSystem.makeFolders(dirname(target));
    await checkTarget(target, { ...options, fileSystem });
    await tidyUpTemporaries(dirname(target), fileSystem);
    await writeWhole(temporary, contents, fileSystem);
    await moveIntoPlace(temporary, target, { ...options, fileSystem });
    await fileSystem.syncFolder(dirname(target));
  } catch (error) {
    await fileSystem.remove(temporary).catch(() => undefined);
    throw error instanceof ContentsFailure ? error.reason : writeFailure(path, error);
  }
}

/** An error of `contents`, which must not be reported as a failed write. */
export class ContentsFailure {
  constructor(readonly reason: unknown) {}
}

type CheckedOptions = AtomicWriteOptions & { readonly fileSystem: FileSystem };

/** Whether an existing file will be replaced. A link here is part of a cycle and has no content. */
async function checkTarget(target: string, { overwrite = false, fileSystem }: CheckedOptions): Promise<boolean> {
  const entry = await fileSystem.entry(target);
  if (entry === undefined) return false;
  if (!overwrite) throw outputExistsError(target);
  if (entry.kind === "folder") throw notReplaceableError(target, "it is a folder, not a file");
  if (entry.kind === "other") throw notReplaceableError(target, "it is a device, a pipe or a socket");
  return entry.kind === "file";
}

/** Writing may have taken an hour, and another process may write the same file now. */
async function moveIntoPlace(temporary: string, target: string, options: CheckedOptions): Promise<void> {
  const { overwrite = false, fileSystem } = options;
  if (overwrite && (await checkTarget(target, options))) await keepMode(target, temporary, fileSystem);
  try {
    await renamePatiently(fileSystem, temporary, target, { isToNew: !overwrite });
  } catch (error) {
    throw !overwrite && systemCode(error) === "EEXIST" ? outputExistsError(target) : error;
  }
}

/** Copies the old file's permissions. Some file systems have none, and the file may belong to another user: that is no error. */
export async function keepMode(old: string, replacement: string, fileSystem: FileSystem): Promise<void> {
  await fileSystem.copyMode?.(old, replacement).catch(() => undefined);
}

async function writeWhole(path: string, contents: FileContents, fileSystem: FileSystem): Promise<void> {
  const file = await fileSystem.create(path);
  try {
    for await (const piece of piecesOf(contents)) await writeAll(file, piece);
    await file.sync();
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  await file.close(); // some file systems report a failed write only here
}

export async function* piecesOf(contents: FileContents): AsyncGenerator<Uint8Array> {
  if (typeof contents === "string") yield new TextEncoder().encode(contents);
  else if (contents instanceof Uint8Array) yield contents;
  else {
    try {
      yield* contents;
    } catch (reason) {
      throw new ContentsFailure(reason);
    }
  }
}

async function writeAll(file: OpenFile, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const count = await file.write(bytes, done, Math.min(bytes.length - done, largestTransfer));
    if (count === 0) throw new Error("The system wrote no bytes and gave no reason.");
    done += count;
  }
}

/** Pieces in one call; all systems accept this number. */
const piecesOfCall = 512;

/** Writes these bytes to a new file, piece by piece. Fails if the path exists. Nothing is synced. */
export async function writePieces(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, "wx");
  try {
    let left = pieces.filter(({ length }) => length > 0);
    while (left.length > 0) {
      const { bytesWritten } = await file.writev(atOnce(left));
      if (bytesWritten === 0) throw new Error("The system wrote no bytes and gave no reason.");
      left = without(left, bytesWritten);
    }
  } finally {
    await file.close();
  }
}

/** The first pieces that one call can write; the last may be cut. */
export function atOnce(pieces: readonly Uint8Array[], maxBytes = largestTransfer): Uint8Array[] {
  const batch: Uint8Array[] = [];
  let room = maxBytes;
  for (const piece of pieces.slice(0, piecesOfCall)) {
    if (room === 0) break;
    const part = piece.subarray(0, room);
    batch.push(part);
    room -= part.length;
  }
  return batch;
}

/** The rest after the first bytes: a system may write fewer than requested. */
function without(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let written = bytes;
  const first = pieces.findIndex(({ length }) => {
    if (written < length) return true;
    written -= length;
    return false;
  });
  if (first < 0) return [];
  return pieces.slice(first).map((piece, index) => (index === 0 ? piece.subarray(written) : piece));
}
