// Reads an adapter from its files. One error lists everything that is wrong.

import { refuseUnknownOptions } from "@lowrank/contracts/internal";
import { bytesSource, openSafetensors } from "@lowrank/safetensors";
import type { ByteSource, SafetensorsFile } from "@lowrank/safetensors/internal";
import { withTaskModules } from "../../config/create-lora-config.ts";
import { invalidAdapterTensorsError, pickleWeightsError, type TensorProblem } from "../../errors.ts";
import { parseJsonObject } from "../../json.ts";
import type { Adapter, AdapterTensor, LoraConfig } from "../../lora-config.ts";
import { isSavedModule } from "../../targets/saved-modules.ts";
import { currentName, keyPrefix, withoutDefaultName } from "../../tensor-keys.ts";
import { variants } from "../../variants/variants.ts";
import { lowRankConfig, mergeOnlyTensors } from "../peft-methods/methods.ts";
import { refuseForeign } from "../refuse-foreign.ts";
import { firstNonFinite, isReadable, tensorProblems, typeProblems } from "./check-tensors.ts";
import { loraConfigOf } from "./parse-lora-config.ts";
import { patternOrderWarnings } from "./pattern-order.ts";
import { type ReadAdapterOptions, readAdapterNames } from "./read-options.ts";

// Tensors that are skipped: PEFT writes parameters of fully trained modules more than once, and some variants write tensors that
// only training needs.

/**
 * Names that PEFT inserts in memory between a fully trained module and its parameters: one for the trained copy (an embedding
 * inside such a module also gets the adapter's name), one for the original.
 */
const wrapper = /\.(modules_to_save(\.[^.]+)?|original_module)\./;

/**
 * Whether a tensor is skipped: it repeats another one, or a variant needs it only for training.
 *
 * For a fully trained module PEFT writes parameters under their names in memory ("classifier.modules_to_save.bias",
 * "classifier.original_module.bias") in addition to "classifier.bias", which it reads. With `bias: "all"` this happens to all
 * names with "bias", and in a resized embedding or head to every parameter.
 *
 * @param keys All keys of the file
 */
export function isLeftOut(config: LoraConfig, key: string, keys: Pick<ReadonlySet<string>, "has">): boolean {
  if (variants.some((row) => row.setting(config) !== null && row.isLeftOut?.(key, keys))) return true;
  const match = wrapper.exec(key);
  if (match === null || !isSavedModule(config, key.slice(0, match.index))) return false;
  return (config.bias === "all" && key.endsWith("bias")) || keys.has(key.replace(wrapper, "."));
}

/** The contents of an adapter's files. */
export interface AdapterFiles {
  /** The text of adapter_config.json. */
  readonly config: string;
  /** adapter_model.safetensors. */
  readonly weights: Uint8Array | ByteSource;
  /** The adapter's name in messages: its folder. */
  readonly name?: string;
}

/**
 * Reads and checks an adapter. An adapter of another of PEFT's methods whose update is low-rank (VeRA, LoHa, LoKr, AdaLoRA, DeLoRA, MiSS,
 * RandLoRA, VB-LoRA, GraLoRA) becomes a LoRA with the same update.
 *
 * @throws INVALID_ADAPTER_CONFIG, UNSUPPORTED_PEFT_TYPE for the configuration.
 * @throws PICKLE_WEIGHTS for weights in Python's pickle format, whatever the file is called.
 * @throws ForeignAdapterError for an adapter of MLX, Kohya, diffusers or llama.cpp.
 * @throws SafetensorsError for a damaged weights file.
 * @throws INVALID_ADAPTER_TENSORS listing unknown names, an A without B, wrong ranks and types, and values that are NaN or
 * infinite.
 * @example
 * ```ts
 * import { createLoraConfig, readAdapter, writeAdapter } from "@lowrank/adapter-format";
 *
 * const tensors = new Map([
 *   ["q.lora_A.weight", { shape: [1, 2], values: Float32Array.of(1, 2) }],
 *   ["q.lora_B.weight", { shape: [3, 1], values: Float32Array.of(4, 5, 6) }],
 * ]);
 * const config = createLoraConfig({ rank: 1, targetModules: ["q"] });
 * const files = writeAdapter({ config, tensors, metadata: new Map() });
 * const adapter = await readAdapter({
 *   config: files["adapter_config.json"],
 *   weights: files["adapter_model.safetensors"],
 * });
 * if (adapter.tensors.size !== 2) throw new Error("lost");
 * ```
 */
export async function readAdapter(files: AdapterFiles, options: ReadAdapterOptions = {}): Promise<Adapter> {
  refuseUnknownOptions("readAdapter", options, readAdapterNames);
  const folder = files.name === undefined ? "" : `${files.name}/`;
  const listener = options.onWarning ? { onWarning: options.onWarning } : {};
  const configFile = `${folder}adapter_config.json`;
  const source =
    files.weights instanceof Uint8Array
      ? bytesSource(files.weights, `${folder}adapter_model.safetensors`)
      : files.weights;
  const values = parseJsonObject(files.config, configFile);
  const other = lowRankConfig(values);
  if (other !== undefined) {
    // Loaded on demand: a page downloads its code.
    const { readLowRank } = await import("../peft-methods/read-low-rank.ts");
    return readLowRank(other, { source, file: configFile }, options);
  }
  const vectors = options.mergeOnly === true ? mergeOnlyTensors.get(values.get("peft_type")) : undefined;
  const settings =
    vectors === undefined
      ? loraConfigOf(values, { file: configFile, ...listener })
      : // Without a listener: it would report the method's own fields as unknown.
        loraConfigOf(new Map(values).set("peft_type", "LORA"), { file: configFile });
  // PEFT up to 0.10 saved a classifier without listing it in `modules_to_save`.
  const config = withTaskModules(settings);
  await refuseOtherFiles(source);
  const file = await openSafetensors(source, listener);
  const foreign = [...file.tensors.keys()].filter((name) => !name.startsWith(keyPrefix));
  refuseForeign(source.name, "tensor", foreign);

  const keys = new Map([...file.tensors.keys()].map((name) => [withoutDefaultName(withoutPrefix(name)), name]));
  const needed = new Map([...keys].filter(([key]) => !isLeftOut(config, key, keys)));
  const common = [...needed].filter(([key]) => vectors?.test(key) !== true);
  const shapes = new Map(common.map(([key, name]) => [key, { shape: file.tensors.get(name)?.shape ?? [] }]));
  const named = [...prefixProblems(file, keys), ...typeProblems(file), ...tensorProblems(config, shapes)];
  const { tensors, problems } = await readTensors(file, needed, options);
  if (named.length + problems.length > 0) throw invalidAdapterTensorsError(source.name, [...named, ...problems]);
  for (const warning of patternOrderWarnings(config, tensors.keys())) options.onWarning?.(warning);
  const metadata = new Map([...file.metadata].filter(([key]) => key !== "format"));
  return { config, tensors, metadata, ...(vectors && { mergeOnly: true as const }) };
}

async function refuseOtherFiles(source: ByteSource): Promise<void> {
  const start = await source.read(0, Math.min(4, source.size));
  refuseForeign(source.name, "start", [String.fromCharCode(...start)]);
  const [first, second] = start;
  // A zip archive (PyTorch since 1.6), or the pickle opcode "protocol 2 to 5".
  const isZip = first === 0x50 && second === 0x4b;
  const isPickle = first === 0x80 && second !== undefined && second >= 2 && second <= 5;
  if ((isZip || isPickle) && !(await looksLikeSafetensors(source))) throw pickleWeightsError(source.name);
}

/** A safetensors header of 0x4b50 bytes begins like a zip archive; then "{" follows its length. */
async function looksLikeSafetensors(source: ByteSource): Promise<boolean> {
  if (source.size < 9) return false;
  const head = await source.read(0, 9);
  return head[8] === 0x7b && head.subarray(4, 8).every((byte) => byte === 0);
}

function withoutPrefix(name: string): string {
  return name.startsWith(keyPrefix) ? name.slice(keyPrefix.length) : name;
}

function prefixProblems(file: SafetensorsFile, keys: ReadonlyMap<string, string>): readonly TensorProblem[] {
  const names = [...file.tensors.keys()];
  const bare = names.filter((name) => !name.startsWith(keyPrefix));
  const problems = bare.map((key) => ({ key, problem: `does not start with "${keyPrefix}"` }));
  if (names.length === 0) return [{ key: "the file", problem: "has no tensors" }];
  return keys.size === names.length ? problems : [...problems, { key: "the file", problem: "names a tensor twice" }];
}

/** Checks values even if names or shapes are wrong, so that one error lists all problems. */
async function readTensors(
  file: SafetensorsFile,
  keys: ReadonlyMap<string, string>,
  { allowNonFinite = false }: ReadAdapterOptions,
): Promise<{ readonly tensors: ReadonlyMap<string, AdapterTensor>; readonly problems: readonly TensorProblem[] }> {
  const tensors = new Map<string, AdapterTensor>();
  const problems: TensorProblem[] = [];
  for (const [key, name] of keys) {
    if (!isReadable(file, name)) continue;
    const values = await file.readFloat32(name);
    const broken = allowNonFinite ? -1 : firstNonFinite(values);
    if (broken >= 0) problems.push({ key, problem: `has ${values[broken]} at position ${broken}` });
    tensors.set(currentName(key), { shape: file.tensors.get(name)?.shape ?? [], values });
  }
  return { tensors, problems };
}
