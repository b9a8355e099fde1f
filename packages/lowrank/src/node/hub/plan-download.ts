// Selects the files of a Hub folder that a command needs. A repository often has the same weights in five formats
// (PyTorch, TensorFlow, Flax, ONNX, GGUF); only one is downloaded: safetensors, else a .gguf file.

import { enumerated, printable } from "@lowrank/contracts/internal";
import { vocabularyFiles } from "@lowrank/data/internal";
import { ggufPartNames } from "@lowrank/gguf/internal";
import { HubError } from "../../errors/model-errors.ts";
import { named } from "../../errors/named-option.ts";
import type { HubName } from "../../open/hub-name.ts";
import { setupFile } from "../../setup/adapter-setup.ts";

/** The kind of folder: a model or an adapter. */
export type HubContent = "model" | "adapter";

export interface HubAddress extends Pick<HubName, "file"> {
  readonly input: string;
}

const tokenizerFiles = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja"];
/** The files of a tokenizer without a tokenizer.json. */
const ownVocabulary = ["added_tokens.json", ...vocabularyFiles];
const embeddingFiles = ["modules.json", "sentence_bert_config.json", "config_sentence_transformers.json"];
const poolingFolder = "1_Pooling/";
const processorFiles = ["preprocessor_config.json", "processor_config.json"];
const modelFiles = ["config.json", "generation_config.json", ...processorFiles, ...tokenizerFiles, ...embeddingFiles];
const adapterConfig = "adapter_config.json";
const adapterWeights = ["adapter_model.safetensors", "adapters.safetensors"]; // PEFT's, MLX's
const adapterFiles = [adapterConfig, setupFile, "README.md", ...tokenizerFiles];
const shard = /^model-\d{5}-of-\d{5}\.safetensors$/;

/** Selects files from a folder's names (subfolders end with "/"); throws a HubError if necessary files are absent. */
export function planDownload(address: HubAddress, content: HubContent, paths: readonly string[]): readonly string[] {
  const present = new Set(paths);
  if (address.file?.endsWith(".safetensors")) return adapterFile(address, address.file, { content, present });
  if (address.file !== undefined) return ggufParts(address, address.file, present);
  if (content === "adapter") {
    if (!present.has(adapterConfig)) return onlyAdapterFile(address, present);
    const [weights = "adapter_model.safetensors"] = adapterWeights.filter((name) => present.has(name));
    return requireWeights(address, [...adapterFiles, weights], present, weights);
  }
  const vocabulary = present.has("tokenizer.json") ? [] : ownVocabulary;
  const shards = paths.filter((path) => shard.test(path)).sort();
  if (!present.has("model.safetensors") && shards.length === 0) {
    const only = onlyGguf(address, paths);
    if (only !== undefined) return ggufParts(address, only, present);
  }
  if (!present.has("config.json")) throw new HubError(address.input, absence(address, content, present));
  if (present.has("model.safetensors")) {
    return requireWeights(address, [...modelFiles, ...vocabulary, "model.safetensors"], present, "model.safetensors");
  }
  const index = "model.safetensors.index.json";
  return requireWeights(address, [...modelFiles, ...vocabulary, index, ...shards], present, index);
}

/** The adapter file of another program. */
function adapterFile(
  { input }: HubAddress,
  file: string,
  { content, present }: { readonly content: HubContent; readonly present: ReadonlySet<string> },
): readonly string[] {
  if (content === "model")
    throw new HubError(input, "a model needs a folder with its config.json. Pass the folder, not a file.");
  if (present.has(file)) return [file];
  const others = [...present].filter((name) => name.endsWith(".safetensors")).map(printable);
  throw new HubError(
    input,
    `there is no ${printable(file)}. Its folder has ${others.length === 0 ? "no .safetensors file" : enumerated(others)}.`,
  );
}

/** The only .safetensors file of a folder without a configuration; throws a HubError that lists several. */
function onlyAdapterFile(address: HubAddress, present: ReadonlySet<string>): readonly string[] {
  const files = [...present].filter((name) => name.endsWith(".safetensors"));
  if (files.length === 0 || present.has("config.json"))
    throw new HubError(address.input, absence(address, "adapter", present));
  if (files.length === 1) return files;
  const list = enumerated(files.map((file) => inside(address.input, file)));
  throw new HubError(
    address.input,
    `the folder has no adapter_config.json and ${files.length} .safetensors files. Choose one of ${list}.`,
  );
}

/** The only .gguf model of a folder (its first part); throws a HubError that lists several. */
function onlyGguf({ input }: HubAddress, paths: readonly string[]): string | undefined {
  // Vision projectors (mmproj) and importance matrices (imatrix) are not models.
  const models = paths.filter((path) => path.endsWith(".gguf") && !/mmproj|imatrix/i.test(path));
  const firsts = models.filter((path) => ggufPartNames(path)[0] === path).sort();
  if (firsts.length < 2) return firsts[0];
  const list = enumerated(firsts.map((file) => inside(input, file)));
  throw new HubError(input, `the folder has ${firsts.length} .gguf files. Choose one of ${list}.`);
}

/** The name of an entry of the folder, with the revision at the end. */
function inside(input: string, path: string): string {
  const [name, revision] = input.split("@");
  return `${name}/${printable(path)}${revision === undefined ? "" : `@${revision}`}`;
}

/** A .gguf file, or all parts of a split one. */
function ggufParts({ input }: HubAddress, file: string, present: ReadonlySet<string>): readonly string[] {
  const parts = ggufPartNames(file);
  const missing = parts.filter((part) => !present.has(part));
  if (missing.length === 0) return parts;
  const others = [...present].filter((name) => name.endsWith(".gguf"));
  const advice = others.length === 0 ? "no .gguf file" : enumerated(others.map(printable));
  throw new HubError(input, `there is no ${missing[0]}. Its folder has ${advice}.`);
}

function requireWeights(
  { input }: HubAddress,
  wanted: readonly string[],
  present: ReadonlySet<string>,
  weights: string,
): readonly string[] {
  const pooling = weights.startsWith("model") && present.has(poolingFolder) ? [`${poolingFolder}config.json`] : [];
  if (present.has(weights)) return [...wanted.filter((path) => present.has(path)), ...pooling];
  const others = [...present].filter((path) => /\.(bin|pt|pth|ckpt|h5|msgpack)$/.test(path));
  const advice =
    others.length > 0
      ? `the folder has ${others.slice(0, 3).join(", ")} but no safetensors. Convert it in Python with ` +
        "model.save_pretrained(folder, safe_serialization=True), and pass that folder."
      : "the folder has no safetensors weights.";
  throw new HubError(input, advice);
}

function absence({ input }: HubAddress, content: HubContent, present: ReadonlySet<string>): string {
  if (content === "model" && present.has(adapterConfig)) {
    return `this is an adapter, not a model. Pass its base as ${named("model")} and this repository as ${named("adapter")}.`;
  }
  if (content === "adapter" && present.has("config.json")) {
    return `this is a model, not an adapter. Pass it as ${named("model")}.`;
  }
  const lack = content === "model" ? "there is no config.json." : "there is no adapter_config.json.";
  const folders = [...present].filter((path) => path.endsWith("/")).map((path) => inside(input, path.slice(0, -1)));
  return folders.length === 0 ? lack : `${lack} If a subfolder has it, pass the subfolder: ${enumerated(folders)}.`;
}
