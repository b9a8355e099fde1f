// An adapter as a folder on disk.

import { readdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts";
import { openSafetensors } from "@lowrank/safetensors";
import { FileReadError, openFile, writeListedFolder, writePieces } from "@lowrank/safetensors/node";
import type { Adapter } from "../adapter.ts";
import { AdapterFileMissingError, ForeignAdapterError, PickleWeightsError } from "../errors.ts";
import { type ReadAdapterOptions, readAdapter, readAdapterNames } from "../formats/peft/read-adapter.ts";
import { updateModelCard } from "../formats/peft/update-model-card.ts";
import { adapterPieces, type WriteAdapterOptions, writeAdapterNames } from "../formats/peft/write-adapter.ts";
import { refuseForeign } from "../formats/refuse-foreign.ts";

const configName = "adapter_config.json";
const weightsName = "adapter_model.safetensors";
const pickleName = "adapter_model.bin";
const cardName = "README.md";
/** Largest configuration file that is read at all. */
const largestConfig = 32_000_000;

/**
 * Reads the adapter in a folder.
 *
 * @throws AdapterFileMissingError if it has no adapter_config.json or no adapter_model.safetensors.
 * @throws PickleWeightsError if its weights are adapter_model.bin; ForeignAdapterError if they are another program's.
 * @throws what `readAdapter` throws for broken content.
 */
export async function readAdapterFolder(path: string, options: ReadAdapterOptions = {}): Promise<Adapter> {
  refuseUnknownOptions("readAdapterFolder", options, readAdapterNames);
  const names = await listFolder(path);
  if (!names.has(configName) || !names.has(weightsName)) await refuseForeignFolder(path, names);
  if (!names.has(configName)) throw new AdapterFileMissingError(path, configName);
  if (!names.has(weightsName) && names.has(pickleName)) throw new PickleWeightsError(join(path, pickleName));
  if (!names.has(weightsName)) throw new AdapterFileMissingError(path, weightsName);
  const config = await readText(join(path, configName), largestConfig);
  const weights = await openFile(join(path, weightsName));
  try {
    return await readAdapter({ config, weights, name: path }, options);
  } finally {
    await weights.close?.();
  }
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
    return await readText(join(path, name), Number.POSITIVE_INFINITY); // a person's text stays whole
  } catch (error) {
    if (error instanceof FileReadError && ["ENOENT", "ENOTDIR"].includes(error.systemCode ?? "")) return undefined;
    throw error;
  }
}

async function listFolder(path: string): Promise<ReadonlySet<string>> {
  try {
    return new Set(await readdir(path));
  } catch (cause) {
    // Other programs' adapters are single files.
    if ((cause as NodeJS.ErrnoException).code === "ENOTDIR") await refuseForeignFolder(dirname(path), [basename(path)]);
    throw new AdapterFileMissingError(path, configName, cause);
  }
}

/** Looks at the files' names, and into weights that are not called as PEFT calls them. */
async function refuseForeignFolder(folder: string, names: Iterable<string>): Promise<void> {
  for (const file of names) refuseForeign(`${folder}/${file}`, [{ file }]);
  const [file] = [...names].filter((name) => name.endsWith(".safetensors") && name !== weightsName);
  if (file === undefined) return;
  const source = await openFile(join(folder, file));
  try {
    const { tensors } = await openSafetensors(source);
    refuseForeign(
      source.name,
      [...tensors.keys()].map((tensor) => ({ tensor })),
    );
  } catch (error) {
    // A file that cannot be read says nothing of the folder.
    if (error instanceof ForeignAdapterError) throw error;
  } finally {
    await source.close?.();
  }
}

async function readText(path: string, mostBytes: number): Promise<string> {
  const source = await openFile(path);
  try {
    // The parser refuses what is longer than this prefix allows, by its own limit.
    return new TextDecoder().decode(await source.read(0, Math.min(source.size, mostBytes)));
  } finally {
    await source.close?.();
  }
}
