// llama.cpp's file types: which GGML type each tensor gets. Source: llama.cpp, src/llama-quant.cpp (MIT licence),
// llama_tensor_get_type and tensor_type_fallback, without an importance matrix.

import { itemized } from "@lowrank/contracts";
import { failure } from "@lowrank/contracts/internal";
import type { EncodableType } from "@lowrank/gguf/internal";

/** One type for all matrices, or a mix with more bits for important ones. */
export type GgufFileType = keyof typeof fileTypes;

/** `general.file_type` (LLAMA_FTYPE), and the type of most matrices. */
const fileTypes = {
  F32: { id: 0, usual: "F32" },
  F16: { id: 1, usual: "F16" },
  BF16: { id: 32, usual: "BF16" },
  Q8_0: { id: 7, usual: "Q8_0" },
  Q6_K: { id: 18, usual: "Q6_K" },
  Q5_K_M: { id: 17, usual: "Q5_K" },
  Q4_K_M: { id: 15, usual: "Q4_K" },
  Q4_0: { id: 2, usual: "Q4_0" },
} as const satisfies Readonly<Record<string, { id: number; usual: EncodableType }>>;

/** `general.file_type`. */
export function fileTypeId(type: GgufFileType): number {
  return fileTypes[type].id;
}

/** The model of a tensor. */
export interface FileContext {
  readonly architecture: string;
  readonly layers: number;
  /** Whether the file has a head in addition to the embedding. */
  readonly hasOutput: boolean;
}

/** Elements in a block; 1 for types without blocks. */
const blocks: Readonly<Partial<Record<EncodableType, number>>> = {
  Q8_0: 32,
  Q5_1: 32,
  Q5_0: 32,
  Q4_1: 32,
  Q4_0: 32,
  Q6_K: 256,
  Q5_K: 256,
  Q4_K: 256,
};

/** Types to use if rows are not whole blocks of the wanted type. */
const fallbacks: Readonly<Partial<Record<EncodableType, EncodableType>>> = { Q4_K: "Q5_0", Q5_K: "Q5_1", Q6_K: "Q8_0" };

/** The type of one tensor. */
export function tensorTypeIn(
  type: GgufFileType,
  { name, shape }: { readonly name: string; readonly shape: readonly number[] },
  context: FileContext,
): EncodableType {
  if (shape.length < 2 || !name.endsWith(".weight") || isLeftWhole(name)) return "F32";
  return fitting(wanted(type, name, { ...context, width: shape.at(-1) ?? 1 }), shape);
}

/** Position and token type embeddings are small, routers decide about whole experts, and norms are vectors. */
function isLeftWhole(name: string): boolean {
  return /^(position_embd|token_types)\.|(_norm|ffn_gate_inp)\.weight$/.test(name);
}

/** A type, or its fallback if rows are not whole blocks: F16 in the end. */
export function fitting(type: EncodableType, shape: readonly number[]): EncodableType {
  const width = shape.at(-1) ?? 1;
  const isWhole = (candidate: EncodableType) => width % (blocks[candidate] ?? 1) === 0;
  if (isWhole(type)) return type;
  const other = fallbacks[type] ?? "F16";
  return isWhole(other) ? other : "F16";
}

function wanted(
  type: GgufFileType,
  name: string,
  { architecture, layers, hasOutput, width }: FileContext & { readonly width: number },
): EncodableType {
  const { usual } = fileTypes[type];
  const block = blocks[usual] ?? 1;
  if (block === 1 || usual === "Q8_0") return usual;
  const isFalcon = architecture === "falcon";
  if (name === "output.weight" || (name === "token_embd.weight" && !hasOutput))
    return isFalcon || width % block !== 0 ? "Q8_0" : "Q6_K";
  if (type !== "Q4_K_M" && type !== "Q5_K_M") return usual;
  const layer = Number(/^blk\.(\d+)\./.exec(name)?.[1]);
  const isImportant = needsMoreBits(layer, layers);
  if (/attn_(v|qkv)\.weight$/.test(name)) return isImportant ? "Q6_K" : usual;
  if (!/ffn_down(_exps|_shexp)?\.weight$/.test(name)) return usual;
  if (isFalcon && type === "Q4_K_M") return layer < Math.floor(layers / 16) ? "Q6_K" : isImportant ? "Q5_K" : usual;
  return isImportant ? "Q6_K" : usual;
}

/** The first and the last eighth of the layers, and every third between. */
function needsMoreBits(layer: number, layers: number): boolean {
  const eighth = Math.floor(layers / 8);
  return layer < eighth || layer >= Math.floor((7 * layers) / 8) || (layer - eighth) % 3 === 2;
}

/** Quantization to this type would remove too much of the adapter's effect. Choose a type with more bits. */
export function lostEffectError(kept: number, min: number, fileType: string) {
  return failure(
    "LOST_EFFECT",
    `Quantized to ${fileType}, weights keep ${Math.round(100 * kept)} % of the adapter's effect, less than ` +
      `${Math.round(100 * min)} %. Choose a type with more bits, or use the adapter unmerged.`,
    { kept, min, fileType },
  );
}

/** llama.cpp has no names for some weights of this model. Write a Hugging Face folder instead. */
export function unnamedWeightsError(architecture: string, paths: readonly string[]) {
  return failure(
    "UNNAMED_WEIGHTS",
    `llama.cpp's architecture ${architecture} has no names for these weights:${itemized(paths)}\nWrite a Hugging Face folder instead.`,
    { architecture, paths },
  );
}
