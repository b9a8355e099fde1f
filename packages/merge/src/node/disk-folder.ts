// A base's folder on disk, as the export reads it.

import { readdir, realpath } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { openFile } from "@lowrank/safetensors/node";
import { SourceFolderError } from "../errors.ts";
import type { SourceFolder } from "../export/exportable-model.ts";

/** A folder on disk. Links are followed inside it, and to the blobs beside a snapshot of the hub's cache. */
export function diskFolder(path: string): SourceFolder {
  const locate = async (file: string): Promise<string | undefined> => {
    if (!/^[^/\\\0]{1,255}$/.test(file) || file === "." || file === "..") {
      throw new SourceFolderError(path, `"${file}" is no plain file name.`);
    }
    const root = await realpath(path).catch((cause) => {
      throw new SourceFolderError(path, "there is no such folder.", { cause });
    });
    const real = await realpath(join(root, file)).catch(() => undefined);
    if (real === undefined) return undefined;
    const allowed = [root, ...(basename(dirname(root)) === "snapshots" ? [join(dirname(dirname(root)), "blobs")] : [])];
    if (allowed.some((folder) => real.startsWith(folder + sep))) return real;
    throw new SourceFolderError(path, `"${file}" is a link to "${real}", outside the folder.`);
  };
  const demand = async (file: string): Promise<string> => {
    const real = await locate(file);
    if (real === undefined) throw new SourceFolderError(path, `there is no ${file}.`);
    return real;
  };
  return {
    name: path,
    list: async () => (await readdir(path)).sort(),
    has: async (file) => (await locate(file)) !== undefined,
    open: async (file) => openFile(await demand(file)),
    readText: async (file, { maxBytes }) => {
      const source = await openFile(await demand(file));
      try {
        if (source.size > maxBytes) throw new SourceFolderError(path, `${file} is larger than ${maxBytes} bytes.`);
        return new TextDecoder("utf-8", { fatal: true }).decode(await source.read(0, source.size));
      } finally {
        await source.close();
      }
    },
  };
}
