// A GGUF file, written again by us: its numbers in float32, with the tokens that llama.cpp needs to open a model.

import { openGguf, type WritableTensor } from "@lowrank/gguf";
import { encodeValues, type GgufSource, type GgufValue, ggufPieces, type WritableValue } from "@lowrank/gguf/internal";

/** llama.cpp requires these as float32, whatever their value; other numbers are counts. */
const reals = /eps|epsilon|freq_base|factor|softcapping|scale|slope|bias|scores/;

export async function rewritten(source: GgufSource): Promise<readonly Uint8Array[]> {
  const file = await openGguf(source);
  const architecture = String(file.metadata.get("general.architecture"));
  const metadata = new Map([...file.metadata].map(([key, value]) => [key, writable(key, value)] as const));
  if (!metadata.has("tokenizer.ggml.model")) {
    const count = Number(file.metadata.get(`${architecture}.vocab_size`));
    for (const [key, value] of words(count)) metadata.set(key, value);
  }
  const tensors = new Map<string, WritableTensor>();
  for (const [name, { shape }] of file.tensors) {
    tensors.set(name, { type: "F32", shape, bytes: encodeValues(await file.readFloat32(name), "F32") });
  }
  return ggufPieces(metadata, tensors);
}

/** A tokenizer of one letter for each token. */
export function words(count: number): readonly (readonly [string, WritableValue])[] {
  const tokens = Array.from({ length: count }, (_, index) => String.fromCodePoint(0x41 + index));
  return (
    [
      ["model", { type: "string", value: "gpt2" }],
      ["pre", { type: "string", value: "gpt-2" }],
      ["tokens", { type: "array", of: "string", value: tokens }],
      ["token_type", { type: "array", of: "int32", value: tokens.map(() => 1) }],
      ["merges", { type: "array", of: "string", value: ["A B"] }],
      ["bos_token_id", { type: "uint32", value: 0 }],
      ["eos_token_id", { type: "uint32", value: 0 }],
    ] as const
  ).map(([key, value]) => [`tokenizer.ggml.${key}`, value] as const);
}

function writable(key: string, value: GgufValue): WritableValue {
  if (typeof value === "string") return { type: "string", value };
  if (typeof value === "boolean") return { type: "bool", value };
  if (typeof value === "number") return { type: reals.test(key) ? "float32" : "uint32", value };
  if (isAll(value, "string")) return { type: "array", of: "string", value };
  if (isAll(value, "number")) return { type: "array", of: reals.test(key) ? "float32" : "int32", value };
  throw new Error(`No such metadata in these files: ${key}.`);
}

function isAll(value: GgufValue, type: "string"): value is readonly string[];
function isAll(value: GgufValue, type: "number"): value is readonly number[];
function isAll(value: GgufValue, type: string): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === type);
}
