// An adapter as a folder on disk.

import { readdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts";
import { FileReadError, openFile, writeListedFolder, writePieces } from "@lowrank/safetensors/node";
import { AdapterFileMissingError } from "../errors.ts";
import { type AdapterFolder, configName, weightsName } from "../formats/adapter-folder.ts";
import { type ReadAdapterOptions, readAdapterNames } from "../formats/peft/read-adapter.ts";
import { updateModelCard } from "../formats/peft/update-model-card.ts";
import { adapterPieces, type WriteAdapterOptions, writeAdapterNames } from "../formats/peft/write-adapter.ts";
import { readAdapterIn } from "../formats/read-adapter-in.ts";
import type { Adapter } from "../lora-config.ts";

const cardName = "README.md";

/** Reads the adapter in a folder on disk, or in the one file that other programs write. Throws what `readAdapterIn` does. */
export async function readAdapterFolder(path: string, options: ReadAdapterOptions = {}): Promise<Adapter> {
  refuseUnknownOptions("readAdapterFolder", options, readAdapterNames);
  return readAdapterIn(await folderAt(path), options);
}

/** How to write an adapter's folder. */
export interface WriteFolderOptions extends WriteAdapterOptions {
  /** Write into a folder that exists; otherwise it is an error. */
  readonly overwrite?: boolean;
}

const writeNames: OptionNames<WriteFolderOptions> = { ...writeAdapterNames, overwrite: true };

/**
 * Writes an adapter into a new folder: all of it, or nothing. Overwriting does as PEFT's `save_pretrained`: the adapter's
 * files are replaced, whoever wrote them, other files stay, and so does the text of a README.md that a person wrote, with its
 * front matter brought up to date. What an earlier call listed in `.lowrank.json` goes.
 *
 * @throws OutputExistsError if the folder exists, is not empty, and `overwrite` is not set.
 * @throws DiskFullError, FileWriteError if the system fails; what `writeAdapter` throws for broken content.
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
    // Nobody sees the folder until it is complete and synced: its files need no temporary names of their own.
    const written = await Promise.allSettled([
      writePieces(join(folder, weightsName), files.weights),
      writeFile(join(folder, cardName), card),
      writeFile(join(folder, configName), files[configName]),
    ]);
    // Only now: nothing may write any more when the folder of a failure is removed.
    for (const outcome of written) if (outcome.status === "rejected") throw outcome.reason;
  };
  await writeListedFolder(path, fill, { overwrite, mayBeUnlisted: true });
}

async function updatedCard(path: string, card: string): Promise<string> {
  const [earlierCard, earlierConfig] = await Promise.all([cardName, configName].map((name) => textIn(path, name)));
  return earlierCard === undefined ? card : updateModelCard({ card: earlierCard, config: earlierConfig }, card);
}

/** Undefined where there is no such file. */
async function textIn(path: string, name: string): Promise<string | undefined> {
  try {
    return await readText(join(path, name));
  } catch (error) {
    if (error instanceof FileReadError && ["ENOENT", "ENOTDIR"].includes(error.systemCode ?? "")) return undefined;
    throw error;
  }
}

/** The folder at a path; of a file the one in which nothing else is seen. */
async function folderAt(path: string): Promise<AdapterFolder> {
  try {
    return folderOf(path, (await readdir(path)).sort());
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOTDIR") return folderOf(dirname(path), [basename(path)]);
    throw new AdapterFileMissingError(path, configName, { cause });
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

/** A person's text, whole. */
async function readText(path: string): Promise<string> {
  const source = await openFile(path);
  try {
    return new TextDecoder().decode(await source.read(0, source.size));
  } finally {
    await source.close?.();
  }
}
