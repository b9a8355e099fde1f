// Reads the files of one folder on a disk. No name and no link can leave the folder. Callers report problems with their own errors.

import { readdir, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import type { ByteSource } from "../byte-source.ts";
import { isWithin } from "./is-within.ts";
import { openFile } from "./open-file.ts";

/** Plain files by name, for reading model folders, adapters and tokenizers. */
export interface FolderFiles {
  /** Names of files and links, not of folders; sorted. */
  list(): Promise<readonly string[]>;
  has(file: string): Promise<boolean>;
  /** The file as UTF-8 text; one larger than `maxBytes` is refused before it is read. */
  readText(file: string, limits: { readonly maxBytes: number }): Promise<string>;
  /** Opens a file for ranged reads; the caller closes it. */
  open(file: string): Promise<ByteSource>;
}

/** The reason why a folder or one of its files is refused. */
export interface FolderProblem {
  /** Undefined for the folder itself. */
  readonly file?: string;
  /** The reason, without a full stop. */
  readonly reason: string;
  readonly cause?: unknown;
}

/**
 * The files of a folder. Links are followed inside it, and to the blobs next to a snapshot in the Hub's cache, which stores
 * `snapshots/<revision>/model.safetensors` (or a file in a subfolder) as a link to `blobs/<hash>`.
 *
 * @param refuse makes the error that is thrown for a name that is no plain file name, a link out of the folder, a file that is
 * missing, too large or no text, and a folder that is missing.
 */
export function folderFiles(folder: string, refuse: (problem: FolderProblem) => Error): FolderFiles {
  /** The file's real path, or undefined if there is none. */
  async function locate(file: string): Promise<string | undefined> {
    if (!isPlainName(file)) throw refuse({ file, reason: "a plain file name is expected, without any path" });
    const root = await realRoot();
    const real = await realpath(join(root, file)).catch(() => undefined);
    if (real === undefined || allowedRoots(root).some((allowed) => isWithin(real, allowed))) return real;
    throw refuse({ file, reason: `it is a link to "${real}", outside the folder` });
  }

  async function realRoot(): Promise<string> {
    try {
      return await realpath(folder);
    } catch (cause) {
      throw refuse({ reason: "there is no such folder", cause });
    }
  }

  async function listFiles(): Promise<readonly string[]> {
    const root = await realRoot();
    try {
      const entries = await readdir(root, { withFileTypes: true });
      return entries.flatMap((entry) => (entry.isDirectory() ? [] : [entry.name])).sort();
    } catch (cause) {
      throw refuse({ reason: "it is not a readable folder", cause });
    }
  }

  async function openLocated(file: string) {
    const real = await locate(file);
    if (real === undefined) throw refuse({ file, reason: "there is no such file" });
    return openFile(real);
  }

  function decoded(file: string, bytes: Uint8Array): string {
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch (cause) {
      throw refuse({ file, reason: "it is not UTF-8 text", cause });
    }
  }

  return {
    list: listFiles,
    has: async (file) => (await locate(file)) !== undefined,
    open: openLocated,
    async readText(file, { maxBytes }) {
      const source = await openLocated(file);
      try {
        const { size } = source;
        if (size > maxBytes) throw refuse({ file, reason: `it has ${size} bytes, more than ${maxBytes}` });
        return decoded(file, await source.read(0, size));
      } finally {
        await source.close();
      }
    },
  };
}

function isPlainName(file: string): boolean {
  return /^[^/\\\0]{1,255}$/.test(file) && file !== "." && file !== "..";
}

/** A model may be in a subfolder of its repository: `snapshots/<revision>/adapter`. */
function allowedRoots(root: string): readonly string[] {
  const parts = root.split(sep);
  const snapshots = parts.lastIndexOf("snapshots", -2);
  return snapshots < 1 ? [root] : [root, [...parts.slice(0, snapshots), "blobs"].join(sep)];
}
