// The grammar of tensor names in an adapter file. PEFT 0.21.2: utils/save_and_load.py, tuners/tuners_utils.py.
//
//   base_model.model.<module path>.lora_A.weight            (rank, in)        and  .lora_B.weight  (out, rank)
//   base_model.model.<module path>.lora_embedding_A         (rank, rows)      and  .lora_embedding_B  (columns, rank)
//   base_model.model.<module path>.lora_B.bias · .lora_magnitude_vector · .lora_diag
//   base_model.model.<module path>.base_layer.weight|bias   of the base: trained biases, targeted embeddings
//   base_model.model.<module path>.token_adapter.trainable_tokens_delta
//   base_model.model.<module path>.token_adapter.base_layer.weight|bias   of the base, where rows of a saved table train
//   base_model.model.<parameter path>                       of modules that are saved whole

/** PEFT's prefix of every key. */
export const keyPrefix = "base_model.model.";

/** The part that a tensor is of its module. */
export type TensorPart =
  | "lora_A"
  | "lora_B"
  | "lora_B_bias"
  | "lora_embedding_A"
  | "lora_embedding_B"
  | "lora_magnitude_vector"
  | "lora_diag"
  | "base_layer"
  | "token_adapter"
  | "token_base_layer"
  | "saved";

/** The parts of a key. */
export interface TensorKey {
  /** Module path. If a module has several adapted parameters, PEFT adds ".base_layer" for each level. */
  readonly path: string;
  readonly part: TensorPart;
  /** For "base_layer", "token_base_layer" and "saved": the parameter's own name, "weight" or "bias". */
  readonly parameter?: string;
}

/** Suffixes of keys, the longest first. */
const ends: readonly (readonly [string, TensorPart])[] = [
  [".lora_A.weight", "lora_A"],
  [".lora_B.weight", "lora_B"],
  [".lora_B.bias", "lora_B_bias"],
  [".lora_embedding_A", "lora_embedding_A"],
  [".lora_embedding_B", "lora_embedding_B"],
  [".lora_magnitude_vector", "lora_magnitude_vector"],
  [".lora_diag", "lora_diag"],
  [".token_adapter.trainable_tokens_delta", "token_adapter"],
];

/** The base's module inside the module that trains rows of it. */
const tokenBase = ".token_adapter.base_layer";

/** PEFT before 0.9 wrote a magnitude as a module's weight. */
const oldMagnitude = ".lora_magnitude_vector.weight";

/** Converts an older key to today's name. */
export function currentName(key: string): string {
  return key.endsWith(oldMagnitude) ? key.slice(0, -".weight".length) : key;
}

/**
 * Converts a key of a model's state_dict to the one that `save_pretrained` writes, which lacks the adapter's name. PEFT reads
 * such keys if the name is the one under which it loads the adapter: "default", unless another is given.
 */
export function withoutDefaultName(key: string): string {
  return key.replace(/(\.lora_[^.]+)\.default(\.weight|\.bias)?$/, "$1$2");
}

/**
 * Parses a key (without `base_model.model.`), or returns null if it follows no rule.
 *
 * @example
 * ```ts
 * import { parseTensorKey } from "@lowrank/adapter-format";
 *
 * const key = parseTensorKey("transformer.h.0.attn.c_attn.lora_A.weight");
 * if (key?.path !== "transformer.h.0.attn.c_attn" || key.part !== "lora_A") throw new Error("unexpected");
 * ```
 */
export function parseTensorKey(key: string): TensorKey | null {
  if (key.endsWith(oldMagnitude)) return { path: key.slice(0, -oldMagnitude.length), part: "lora_magnitude_vector" };
  const known = ends.find(([end]) => key.endsWith(end) && key.length > end.length);
  if (known) return { path: key.slice(0, -known[0].length), part: known[1] };
  const dot = key.lastIndexOf(".");
  const owner = key.slice(0, Math.max(0, dot));
  if (owner.endsWith(tokenBase) && owner.length > tokenBase.length && dot < key.length - 1)
    return { path: owner.slice(0, -tokenBase.length), part: "token_base_layer", parameter: key.slice(dot + 1) };
  if (dot <= 0 || dot === key.length - 1 || /(^|\.)(lora_|token_adapter(\.|$))/.test(key)) return null;
  const parameter = key.slice(dot + 1);
  if (owner.endsWith(".base_layer"))
    return { path: owner.slice(0, -".base_layer".length), part: "base_layer", parameter };
  return { path: owner, part: "saved", parameter };
}

/** The key of a part, without `base_model.model.`. */
export function buildTensorKey({ path, part, parameter = "weight" }: TensorKey): string {
  if (part === "base_layer") return `${path}.base_layer.${parameter}`;
  if (part === "token_base_layer") return `${path}${tokenBase}.${parameter}`;
  if (part === "saved") return `${path}.${parameter}`;
  const row = ends.find(([, itsPart]) => itsPart === part);
  return `${path}${row?.[0] ?? ""}`;
}

/** The rank's axis in a stored A or B; null for other parts. */
export function rankAxisOf(part: TensorPart): 0 | 1 | null {
  if (part === "lora_A" || part === "lora_embedding_A") return 0;
  return part === "lora_B" || part === "lora_embedding_B" ? 1 : null;
}

/** Both keys of a linear or convolution module, without `base_model.model.`. */
export function loraKeys(path: string): { readonly a: string; readonly b: string } {
  return { a: `${path}.lora_A.weight`, b: `${path}.lora_B.weight` };
}

/** Both keys of an embedding, without `base_model.model.`. */
export function embeddingKeys(path: string): { readonly a: string; readonly b: string } {
  return { a: `${path}.lora_embedding_A`, b: `${path}.lora_embedding_B` };
}
