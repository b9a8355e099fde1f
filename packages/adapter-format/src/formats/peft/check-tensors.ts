// Checks names and shapes of an adapter's tensors against its configuration and each other.

import { describeValue } from "@lowrank/contracts/internal";
import type { SafetensorsFile } from "@lowrank/safetensors/internal";
import type { TensorProblem } from "../../errors.ts";
import type { AdapterTensor, LoraConfig } from "../../lora-config.ts";
import { isSavedModule } from "../../targets/saved-modules.ts";
import { rankOf } from "../../targets/scaling.ts";
import { parseTensorKey, rankAxisOf, type TensorKey, type TensorPart } from "../../tensor-keys.ts";
import { columnsPerStored } from "../../variants/variants.ts";

/** The bits of each type's largest finite number. Larger values become infinite when rounded. */
const largestBits = {
  F32: 0x7f7fffff,
  F16: 0x477fefff, // just below 65 520
  BF16: 0x7f7f7fff,
} as const;

/** All bits of a float32 except its sign. */
const magnitude = 0x7fffffff;

/** Position of the first value that is NaN or infinite; −1 if none is. */
export function firstNonFinite(values: Float32Array): number {
  return firstOverflow(values, "F32");
}

/** Position of the first value that is NaN, infinite, or infinite in that type; −1 if there is none. */
export function firstOverflow(values: Float32Array, dtype: keyof typeof largestBits): number {
  const bits = largestBits[dtype];
  // Without the sign, floats compare like their bits, and the bits of infinity and NaN are larger than all numbers'.
  const patterns = new Int32Array(values.buffer, values.byteOffset, values.length);
  let signs = 0; // becomes negative at the first value that is too large
  let index = 0;
  // Four values at a time, without branches or calls: a third of the time of comparing them one by one.
  for (; index + 4 <= patterns.length; index += 4) {
    signs |= bits - ((patterns[index] as number) & magnitude);
    signs |= bits - ((patterns[index + 1] as number) & magnitude);
    signs |= bits - ((patterns[index + 2] as number) & magnitude);
    signs |= bits - ((patterns[index + 3] as number) & magnitude);
  }
  for (; index < patterns.length; index++) signs |= bits - ((patterns[index] as number) & magnitude);
  return signs >= 0 ? -1 : patterns.findIndex((pattern) => (pattern & magnitude) > bits);
}

/** Values that the type cannot store, and tensors whose number of values differs from their shape. */
export function valueProblems(
  tensors: ReadonlyMap<string, AdapterTensor>,
  dtype: keyof typeof largestBits | "Q8_0",
): readonly TensorProblem[] {
  return [...tensors].flatMap(([key, { shape, values }]): TensorProblem[] => {
    const count = shape.reduce((product, size) => product * size, 1);
    const broken = firstOverflow(values, dtype === "Q8_0" ? "F16" : dtype);
    if (values.length !== count)
      return [{ key, problem: `has ${values.length} values, but its shape ${shapeText(shape)} needs ${count}` }];
    if (broken < 0) return [];
    return [{ key, problem: `has ${values[broken]} at position ${broken}, which ${dtype} cannot hold` }];
  });
}

export const readableTypes: ReadonlySet<string> = new Set(["F32", "F16", "BF16"]);

/** Tensors of types that adapters do not have. Names that `indices` matches have integers, and no other tensor. */
export function typeProblems(file: SafetensorsFile, indices?: RegExp): readonly TensorProblem[] {
  return [...file.tensors].flatMap(([key, { dtype }]): TensorProblem[] => {
    const isIndex = indices?.test(key) === true;
    if (isIndex ? /^[IU]\d+$/.test(dtype) : readableTypes.has(dtype)) return [];
    const expected = isIndex ? "its indices are integers" : "adapters have F32, F16 or BF16";
    return [{ key, problem: `has the type ${dtype}; ${expected}` }];
  });
}

export function isReadable(file: SafetensorsFile, name: string): boolean {
  return readableTypes.has(file.tensors.get(name)?.dtype ?? "");
}

/** A tensor without its values. */
export interface TensorShape {
  readonly shape: readonly number[];
}

/** Names of embeddings that PEFT may save in full without `modules_to_save`: targeted or resized ones. */
const embeddingNames =
  /(^|\.)(embed_tokens|lm_head|wte|wpe|word_embeddings|embed_in|embed_out|shared|tok_embeddings|token_embedding|proj_out|vocab_projector|generator_lm_head|(predictions|lm_head)\.decoder|patch_embeddings\.projection)$|^decoder$/;

/** Longest module path that the rules are applied to. */
const longestKey = 1024;

const partners: ReadonlyMap<TensorPart, TensorPart> = new Map<TensorPart, TensorPart>([
  ["lora_A", "lora_B"],
  ["lora_B", "lora_A"],
  ["lora_embedding_A", "lora_embedding_B"],
  ["lora_embedding_B", "lora_embedding_A"],
]);

/** All problems of an adapter's tensors. Keys are without "base_model.model.". */
export function tensorProblems(
  config: LoraConfig,
  tensors: ReadonlyMap<string, TensorShape>,
): readonly TensorProblem[] {
  const problems: TensorProblem[] = [];
  const keys = new Map<string, string>();
  for (const [key, { shape }] of tensors) {
    const problem = problemOf(config, key, shape);
    if (problem !== null) problems.push({ key, problem });
    const parsed = parseTensorKey(key);
    if (!parsed) continue;
    const id = `${parsed.path} ${parsed.part} ${parsed.parameter ?? ""}`;
    const earlier = keys.get(id);
    if (earlier !== undefined) problems.push({ key, problem: `is a duplicate of ${describeValue(earlier)}` });
    keys.set(id, key);
  }
  for (const [key] of tensors) {
    const problem = missingMatrixProblem(key, keys);
    if (problem !== null) problems.push({ key, problem });
  }
  return problems;
}

function problemOf(config: LoraConfig, key: string, shape: readonly number[]): string | null {
  if (key.length > longestKey) return `has a name of ${key.length} characters, more than ${longestKey}`;
  const parsed = parseTensorKey(key);
  if (!parsed) return unknownNameProblem(key);
  if (parsed.part === "saved") return savedProblem(config, parsed);
  if (parsed.part === "token_base_layer" && config.trainableTokenIndices === null)
    return "belongs to a table of which rows train, but trainable_token_indices names none";
  return rankProblem(config, parsed, shape);
}

function unknownNameProblem(key: string): string {
  const named = /\.(lora_[AB])\.([^.]+)\.weight$/.exec(key);
  if (named)
    return `carries the adapter's name "${named[2]}", as a model's state_dict does; PEFT's save_pretrained leaves it out: ${describeValue(key.replace(`.${named[2]}.weight`, ".weight"))}`;
  if (/\.lora_[ab]$/.test(key)) return "is named as MLX names it, with transposed axes; convert it first";
  if (/\.lora_(up|down)\b/.test(key)) return "is named as Kohya names it; convert it first";
  return "has a name that PEFT does not give to any tensor of a LoRA adapter";
}

function savedProblem(config: LoraConfig, { path, parameter }: TensorKey): string | null {
  if (isSavedModule(config, path) || embeddingNames.test(path)) return null;
  if (parameter === "bias" && config.bias !== "none") return null;
  return "is not in modules_to_save, and is neither lora_A nor lora_B";
}

function rankProblem(config: LoraConfig, key: TensorKey, shape: readonly number[]): string | null {
  const { path, part } = key;
  const axis = rankAxisOf(part);
  if (axis === null) return null;
  if (shape.length < 2) return `has the shape ${shapeText(shape)}, but a factor has two axes or more`;
  if (shape.some((size) => size === 0)) return `has the shape ${shapeText(shape)}, which is empty`;
  const rank = rankOf(config, path);
  const got = (shape[axis] ?? 0) * (axis === 1 ? columnsPerStored(config, key) : 1);
  if (got === rank || isGroupedConvolution(shape, part, rank) || isExpertFactor(config, got, rank)) return null;
  const problem = `has the shape ${shapeText(shape)}, so rank ${got}, but the configuration has ${rank}`;
  const backwards = new Map([...config.rankPattern].reverse());
  if (rankOf({ ...config, rankPattern: backwards }, path) !== got) return problem;
  return `${problem}; a later key of rank_pattern gives it ${got}: PEFT takes the first that matches, but sorts the keys when it saves`;
}

/** B of a grouped convolution has rank/groups input channels. */
function isGroupedConvolution(shape: readonly number[], part: TensorPart, rank: number): boolean {
  return part === "lora_B" && shape.length > 2 && rank % (shape[1] ?? rank) === 0;
}

/** A and B of a raw parameter with E experts have rank·E rows or columns. */
function isExpertFactor({ targetParameters, rankPattern }: LoraConfig, got: number, rank: number): boolean {
  // Patterns name the parameter, but the tensor's key has only its module.
  const ranks = [rank, ...rankPattern.values()];
  return (targetParameters?.length ?? 0) > 0 && ranks.some((allowed) => got % allowed === 0);
}

function missingMatrixProblem(key: string, keys: ReadonlyMap<string, string>): string | null {
  const parsed = parseTensorKey(key);
  const partner = parsed ? partners.get(parsed.part) : undefined;
  if (!parsed || !partner || keys.has(`${parsed.path} ${partner} `)) return null;
  return `has no ${partner}`;
}

function shapeText(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
