// Which of the files that a person dropped are a model: by their names, before any of them is read.

import { NotAModelError } from "./errors.ts";

/** A model among files. */
export type ChosenFiles =
  | { readonly kind: "folder"; readonly name: string; readonly files: ReadonlyMap<string, File> }
  | { readonly kind: "gguf"; readonly name: string; readonly file: File };

const pathOf = (file: File): string => file.webkitRelativePath || file.name;
const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);

/**
 * The files next to a folder's config.json – the least deeply nested one –; else the only .gguf file.
 *
 * @throws NotAModelError, which says what the files are instead if they are recognized.
 */
export function chooseFiles(files: readonly File[]): ChosenFiles {
  const byDepth = [...files].sort((one, other) => pathOf(one).split("/").length - pathOf(other).split("/").length);
  const config = byDepth.find(({ name }) => name === "config.json");
  const refuse = (reason: string) => new NotAModelError(files.map(pathOf), reason);
  if (config !== undefined) {
    const folder = folderOf(pathOf(config));
    const inFolder = files.filter((file) => folderOf(pathOf(file)) === folder);
    if (!inFolder.some(({ name }) => isWeights(name)))
      throw refuse("There is a config.json, but no .safetensors file next to it.");
    const name = folder.split("/").at(-2) ?? inFolder.find(({ name }) => isWeights(name))?.name ?? "your model";
    return { kind: "folder", name, files: underUsualNames(inFolder) };
  }
  const ggufs = files.filter(({ name }) => name.endsWith(".gguf"));
  if (ggufs.length > 1) throw refuse(`There are ${ggufs.length} .gguf files. Choose one of them.`);
  const [gguf] = ggufs;
  if (gguf !== undefined) return { kind: "gguf", name: gguf.name.replace(/\.gguf$/, ""), file: gguf };
  throw refuse(whatElse(files.map(({ name }) => name)));
}

const isWeights = (name: string): boolean => name.endsWith(".safetensors") || name === "pytorch_model.bin";

/** Weights of one file are looked for as model.safetensors, whatever a person calls them. */
function underUsualNames(files: readonly File[]): ReadonlyMap<string, File> {
  const weights = files.filter(({ name }) => name.endsWith(".safetensors"));
  const hasIndex = files.some(({ name }) => name === "model.safetensors.index.json");
  const only = weights.length === 1 && !hasIndex ? weights[0] : undefined;
  return new Map(files.map((file) => [file === only ? "model.safetensors" : file.name, file]));
}

function whatElse(names: readonly string[]): string {
  if (names.length === 0) return "There are no files in it.";
  if (names.includes("adapter_config.json")) return "This is an adapter, not a model: drop it under “Your adapters”.";
  if (names.some((name) => name.endsWith(".safetensors")))
    return "A .safetensors file alone does not say how its model computes: its config.json is missing.";
  if (names.some((name) => name.endsWith(".zip"))) return "This is a zip: unpack it first.";
  const [first] = names;
  return names.length === 1 ? `"${first}" is no model that the studio can read.` : "None of these files is a model.";
}
