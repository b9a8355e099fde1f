// A file on disk as a byte source: positional reads, so that a model larger than memory can be read tensor by tensor.

import { readlink, realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { refuseUnknownOptions } from "@lowrank/contracts/internal";
import { type ByteSource, checkReadRange } from "../byte-source.ts";
import { SafetensorsError } from "../errors.ts";
import { FileReadError } from "./errors.ts";
import { type FileSystem, largestTransfer, nodeFileSystem, type OpenFile, systemCode } from "./file-system.ts";

/** A byte source that must be closed. */
export interface FileSource extends ByteSource {
  close(): Promise<void>;
}

/**
 * Opens a regular file for ranged reads. Folders, pipes and devices are refused, without waiting for them.
 *
 * @throws {FileReadError} if the file cannot be opened or read; `systemCode` is the system's reason.
 * @throws {SafetensorsError} from `read`: `InvalidRange`, or `IncompleteRead` if the file shrank meanwhile.
 */
export async function openFile(path: string, options: { readonly fileSystem?: FileSystem } = {}): Promise<FileSource> {
  refuseUnknownOptions("openFile", options, { fileSystem: true });
  const file = await open(path, options.fileSystem ?? nodeFileSystem);
  const size = await sizeOf(path, file);
  return {
    name: path,
    size,
    close: () => file.close(),
    async read(offset, length) {
      checkReadRange({ name: path, size }, offset, length);
      const bytes = allocate(path, length);
      let done = 0;
      while (done < length) {
        const count = await readSome(path, file, { bytes, done, position: offset + done });
        if (count === 0) {
          const problem = `Expected ${length} bytes at ${offset}, got ${done}; the file became shorter while it was open.`;
          throw new SafetensorsError("IncompleteRead", problem, { file: path, offset });
        }
        done += count;
      }
      return bytes;
    },
  };
}

/** A sparse file has more bytes than a machine can hold, and a header may honestly claim them. */
function allocate(path: string, length: number): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new FileReadError(path, `${length} bytes of it do not fit into memory.`, cause);
  }
}

async function open(path: string, fileSystem: FileSystem): Promise<OpenFile> {
  try {
    return await fileSystem.openForReading(path);
  } catch (error) {
    const reason = systemCode(error) === "ENOENT" ? "there is no such file." : String(error);
    throw new FileReadError(path, reason, error);
  }
}

async function sizeOf(path: string, file: OpenFile): Promise<number> {
  try {
    const { bytes, isFile } = await file.size();
    if (!isFile) throw new FileReadError(path, "it is not a regular file.");
    return bytes;
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error instanceof FileReadError ? error : new FileReadError(path, String(error), error);
  }
}

async function readSome(
  path: string,
  file: OpenFile,
  { bytes, done, position }: { readonly bytes: Uint8Array; readonly done: number; readonly position: number },
): Promise<number> {
  try {
    return await file.read(bytes, done, Math.min(bytes.length - done, largestTransfer), position);
  } catch (error) {
    throw new FileReadError(path, String(error), error);
  }
}

/** The number of links after which Linux reports a cycle. */
const maxLinks = 40;

/**
 * The target of a link, existing or not; other paths are returned unchanged. Only for paths from a person: names from files are
 * written into a new folder, which has no links.
 */
export async function linkTarget(path: string): Promise<string> {
  let target = resolve(path);
  for (let links = 0; links < maxLinks; links += 1) {
    const link = await readlink(target).catch(() => undefined);
    if (link === undefined) return target;
    // A link's ".." starts at the folder's real path.
    const folder = await realpath(dirname(target)).catch(() => dirname(target));
    target = resolve(folder, link);
  }
  return resolve(path); // a circular link has no target, so it is the link itself
}
