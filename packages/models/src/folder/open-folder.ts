// A model folder on disk.

import { realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { folderFiles } from "@lowrank/safetensors/internal/node";
import { modelFileError, modelFolderError } from "../errors.ts";
import type { ModelFolder } from "./model-folder.ts";

/**
 * Opens a Hugging Face folder on disk. It follows links within the folder, and to the blobs of the Hub's cache.
 *
 * @throws MODEL_FOLDER if there is no such folder, or no config.json in it; MODEL_FILE on reading.
 *
 * @example
 * ```ts
 * import { LowrankError } from "@lowrank/contracts";
 * import { openFolder } from "@lowrank/models/node";
 *
 * try {
 *   openFolder("no-such-folder");
 * } catch (error) {
 *   if (!LowrankError.isInstance(error, "MODEL_FOLDER")) throw error;
 * }
 * ```
 */
export function openFolder(path: string): ModelFolder {
  const files = folderFiles(folderRoot(path), ({ file, reason, cause }) => {
    if (file === undefined) return modelFolderError(path, reason);
    return modelFileError(path, file, reason, cause === undefined ? undefined : { cause });
  });
  return { name: path, ...files };
}

function folderRoot(path: string): string {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) throw modelFolderError(path, "there is no such folder");
  if (!info.isDirectory()) throw modelFolderError(path, "it is a file, not a folder");
  const root = realpathSync(path);
  if (statSync(join(root, "config.json"), { throwIfNoEntry: false }) === undefined) {
    throw modelFolderError(path, "it has no config.json");
  }
  return root;
}
