// A model folder in memory, or of files that a person chose in a browser.

import { blobSource, bytesSource } from "@lowrank/safetensors";
import { modelFileError } from "../errors.ts";
import { checkFileName, decodeText, type ModelFolder } from "./model-folder.ts";

/**
 * A model folder of files by name: bytes in memory, or the `File`s of an `<input type="file" webkitdirectory>`. Only the
 * needed parts of a `File` are read.
 *
 * @throws MODEL_FILE for a name that is a path, and on reading a missing file.
 *
 * @example
 * ```ts
 * import { filesFolder } from "@lowrank/models";
 *
 * const folder = filesFolder("chosen files", new Map([["config.json", new Blob(['{"model_type": "gpt2"}'])]]));
 * if (!(await folder.has("config.json"))) throw new Error("the file is not there");
 * ```
 */
export function filesFolder(name: string, files: ReadonlyMap<string, Blob | Uint8Array>): ModelFolder {
  for (const file of files.keys()) checkFileName(name, file);
  const find = (file: string) => {
    const content = files.get(file);
    if (content === undefined) throw modelFileError(name, file, "there is no such file");
    return content instanceof Uint8Array ? bytesSource(content, file) : blobSource(content, file);
  };
  return {
    name,
    list: async () => [...files.keys()].sort(),
    has: async (file) => files.has(file),
    async readText(file, { maxBytes }) {
      const source = find(file);
      if (source.size > maxBytes) {
        throw modelFileError(name, file, `it has ${source.size} bytes, more than ${maxBytes}`);
      }
      return decodeText(name, file, await source.read(0, source.size));
    },
    open: async (file) => find(file),
  };
}
