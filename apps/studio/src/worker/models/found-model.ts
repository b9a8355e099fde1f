// A model that was found but not loaded: its name, its files, and the facts in its headers.

import { checkConfig, type ModelConfig } from "@lowrank/contracts/families";
import { filesFolder, type ModelFolder, readJsonObject } from "@lowrank/models";
import { openFolderWeights } from "@lowrank/safetensors";
import { loadFamilies } from "../later/families.ts";
import { chooseFiles } from "./choose-files.ts";
import { NotAModelError } from "./errors.ts";

export interface FoundModel {
  readonly name: string;
  /** The model's public address, if it has one. */
  readonly address: string | undefined;
  readonly folder: ModelFolder;
  /** Whether the weights are in few bits, and kept so. */
  readonly isQuantized: boolean;
}

/** Facts from a model's headers. */
export interface ModelSizes {
  readonly config: ModelConfig;
  readonly parameters: number;
  /** Bytes of the weights in the files. */
  readonly bytes: number;
}

/** The files that a person chose, as a folder. Throws NotAModelError. */
export async function foundAmong(files: readonly File[]): Promise<FoundModel> {
  const chosen = chooseFiles(files);
  const { name } = chosen;
  await loadFamilies();
  if (chosen.kind === "folder")
    return { name, address: undefined, folder: filesFolder(name, chosen.files), isQuantized: false };
  const file = new Map([[chosen.file.name, chosen.file]]);
  return { name, address: undefined, folder: filesFolder(name, file), isQuantized: true };
}

/** Reads configuration and headers, but no weights. Throws NotAModelError, and the errors of reading headers. */
export async function readSizes({ folder, name }: FoundModel): Promise<ModelSizes> {
  if (await folder.has("config.json")) {
    const config = checkConfig(await readJsonObject(folder, "config.json"), undefined, "config.json");
    const weights = await openFolderWeights(folder);
    if (weights === undefined) throw new NotAModelError([name], "There are no .safetensors files in it.");
    try {
      return {
        config,
        ...sumOf(
          [...weights.collection.tensors.values()].map(({ shape, begin, end }) => ({ shape, byteLength: end - begin })),
        ),
      };
    } finally {
      await weights.collection.close();
    }
  }
  const file = [...(await folder.list())].sort().find((each) => each.endsWith(".gguf"));
  if (file === undefined) throw new NotAModelError([name], "There is neither a config.json nor a .gguf file in it.");
  const { openGguf, openGgufParts, readGgufConfig } = await import("./gguf-headers.ts");
  const gguf = await openGguf(await openGgufParts(file, (part) => folder.open(part)));
  const config = checkConfig(await readGgufConfig(gguf, file), undefined, file);
  return { config, ...sumOf([...gguf.tensors.values()]) };
}

function sumOf(
  tensors: readonly { readonly shape: readonly number[]; readonly byteLength: number }[],
): Pick<ModelSizes, "parameters" | "bytes"> {
  const values = ({ shape }: { readonly shape: readonly number[] }) =>
    shape.reduce((product, size) => product * size, 1);
  return {
    parameters: tensors.reduce((sum, tensor) => sum + values(tensor), 0),
    bytes: tensors.reduce((sum, { byteLength }) => sum + byteLength, 0),
  };
}
