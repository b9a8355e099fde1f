// A model folder on disk. Links are followed only inside the folder, or to the blobs of the hub's cache.

import { realpathSync, statSync } from "node:fs";
import { readdir, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { openFile } from "@lowrank/safetensors/node";
import { ModelFileError, ModelFolderError } from "../errors.ts";
import { decodeText } from "./decode-text.ts";
import { checkFileName, type ModelFolder } from "./model-folder.ts";

/**
 * Opens a Hugging Face folder on disk.
 *
 * @throws ModelFolderError when there is no such folder, or no config.json in it; ModelFileError on reading.
 *
 * @example
 * ```ts
 * import { ModelFolderError } from "@lowrank/models";
 * import { openFolder } from "@lowrank/models/node";
 *
 * try {
 *   openFolder("no-such-folder");
 * } catch (error) {
 *   if (!(error instanceof ModelFolderError)) throw error;
 * }
 * ```
 */
export function openFolder(path: string): ModelFolder {
  const root = folderRoot(path);
  const allowed = allowedRoots(root);

  /** The file's real path, or undefined if there is none. */
  async function locate(file: string): Promise<string | undefined> {
    checkFileName(path, file);
    const real = await realpath(join(root, file)).catch(() => undefined);
    if (real === undefined) return undefined;
    if (!allowed.some((folder) => real.startsWith(folder + sep))) {
      throw new ModelFileError(path, file, `it is a link to "${real}", outside the folder`);
    }
    return real;
  }

  async function demand(file: string): Promise<string> {
    const real = await locate(file);
    if (real === undefined) throw new ModelFileError(path, file, "there is no such file");
    return real;
  }

  return {
    name: path,
    list: async () => (await readdir(root)).sort(),
    has: async (file) => (await locate(file)) !== undefined,
    async readText(file, { maxBytes }) {
      const source = await openFile(await demand(file));
      try {
        if (source.size > maxBytes) {
          throw new ModelFileError(path, file, `it has ${source.size} bytes, more than ${maxBytes}`);
        }
        return decodeText(path, file, await source.read(0, source.size));
      } finally {
        await source.close?.();
      }
    },
    open: async (file) => openFile(await demand(file)),
  };
}

function folderRoot(path: string): string {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) throw new ModelFolderError(path, "there is no such folder");
  if (!info.isDirectory()) throw new ModelFolderError(path, "it is a file, not a folder");
  const root = realpathSync(resolve(path));
  if (statSync(join(root, "config.json"), { throwIfNoEntry: false }) === undefined) {
    throw new ModelFolderError(path, "there is no config.json in it");
  }
  return root;
}

/** The hub's cache keeps `snapshots/<revision>/model.safetensors` as a link to `blobs/<hash>`. */
function allowedRoots(root: string): readonly string[] {
  const parent = dirname(root);
  return basename(parent) === "snapshots" ? [root, join(dirname(parent), "blobs")] : [root];
}
