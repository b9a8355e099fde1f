// Reads and writes adapters as folders on disk.

import { readdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { FileReadError, writeListedFolder, writePieces } from "@lowrank/safetensors/internal/node";
import { openFile } from "@lowrank/safetensors/node";
import { adapterFileMissingError } from "../errors.ts";
import { type AdapterFolder, configName, weightsName } from "../formats/adapter-folder.ts";
import { type ReadAdapterOptions, readAdapterNames } from "../formats/peft/read-options.ts";
import { updateModelCard } from "../formats/peft/update-model-card.ts";
import { adapterPieces, type WriteAdapterOptions, writeAdapterNames } from "../formats/peft/write-adapter.ts";
import { readAdapterIn } from "../formats/read-adapter-in.ts";
import type { Adapter } from "../lora-config.ts";

const cardName = "README.md";

/** Reads the adapter in a folder on disk, or in another program's single file. Throws the errors of `readAdapterIn`. */
export async function readAdapterFolder(path: string, options: ReadAdapterOptions = {}): Promise<Adapter> {
  refuseUnknownOptions("readAdapterFolder", options, readAdapterNames);
  return readAdapterIn(await folderAt(path), options);
}

/** Options of `writeAdapterFolder`. */
export interface WriteFolderOptions extends WriteAdapterOptions {
  /** Write into an existing folder. Default: an existing folder is an error. */
  readonly overwrite?: boolean;
}

const writeNames: OptionNames<WriteFolderOptions> = { ...writeAdapterNames, overwrite: true };

/**
 * Writes an adapter into a new folder: completely, or not at all. With `overwrite` it acts like PEFT's `save_pretrained`: the
 * adapter's files are replaced, other files are kept. A README.md that a person wrote keeps its text and gets new front matter.
 * Files that an earlier call listed in `.lowrank.json` are removed.
 *
 * @throws OUTPUT_EXISTS if the folder exists, is not empty, and `overwrite` is not set.
 * @throws DiskFullError, FileWriteError if the system fails; the errors of `writeAdapter` for invalid contents.
 */
export async function writeAdapterFolder(
  path: string,
  adapter: Adapter,
  options: WriteFolderOptions = {},
): Promise<void> {
  refuseUnknownOptions("writeAdapterFolder", options, writeNames);
  const files = adapterPieces(adapter, options);
  const { overwrite = false } = options;
  const card = overwrite ? await updatedCard(path, files[cardName]) : files[cardName];
  const fill = async (folder: string): Promise<void> => {
    // The folder is invisible until it is complete and synced, so its files need no temporary names.
    const written = await Promise.allSettled([
      writePieces(join(folder, weightsName), files.weights),
      writeFile(join(folder, cardName), card),
      writeFile(join(folder, configName), files[configName]),
    ]);
    // Wait for all writes first: nothing may be written while a failed folder is removed.
    for (const outcome of written) if (outcome.status === "rejected") throw outcome.reason;
  };
  await writeListedFolder(path, fill, { overwrite, mayBeUnlisted: true });
}

async function updatedCard(path: string, card: string): Promise<string> {
  const [earlierCard, earlierConfig] = await Promise.all([cardName, configName].map((name) => textIn(path, name)));
  return earlierCard === undefined ? card : updateModelCard({ card: earlierCard, config: earlierConfig }, card);
}

/** Undefined if there is no such file. */
async function textIn(path: string, name: string): Promise<string | undefined> {
  try {
    return await readText(join(path, name));
  } catch (error) {
    if (error instanceof FileReadError && ["ENOENT", "ENOTDIR"].includes(error.systemCode ?? "")) return undefined;
    throw error;
  }
}

/** The folder at a path. A path of a file gives a folder with only this file. */
async function folderAt(path: string): Promise<AdapterFolder> {
  try {
    return folderOf(path, (await readdir(path)).sort());
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOTDIR") return folderOf(dirname(path), [basename(path)]);
    throw adapterFileMissingError(path, configName, { cause });
  }
}

function folderOf(path: string, names: readonly string[]): AdapterFolder {
  return {
    name: path,
    list: async () => names,
    has: async (file) => names.includes(file),
    open: (file) => openFile(join(path, file)),
  };
}

/** The text of a README.md. */
async function readText(path: string): Promise<string> {
  const source = await openFile(path);
  try {
    return new TextDecoder().decode(await source.read(0, source.size));
  } finally {
    await source.close?.();
  }
}
