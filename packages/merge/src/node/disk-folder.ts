// A base's folder on disk, as the export reads it.

import { folderFiles } from "@lowrank/safetensors/node";
import { SourceFolderError } from "../export/errors.ts";
import type { SourceFolder } from "../export/exportable-model.ts";

/**
 * A folder on disk. Links are followed inside it, and to the blobs beside a snapshot of the hub's cache. Its methods throw
 * SourceFolderError, naming the folder and the file.
 */
export function diskFolder(path: string): SourceFolder {
  const files = folderFiles(path, ({ file, reason, cause }) => {
    const problem = file === undefined ? `${reason}.` : `"${file}": ${reason}.`;
    return new SourceFolderError(path, problem, cause === undefined ? undefined : { cause });
  });
  return { name: path, ...files };
}
