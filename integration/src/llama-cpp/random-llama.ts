// A LLaMA with rows of whole blocks of 256, and of 32 alone, as a GGUF file of random float32 numbers.

import type { WritableTensor } from "@lowrank/gguf";
import { encodeValues, ggufPieces, type WritableValue } from "@lowrank/gguf/internal";
import { words } from "./rewritten.ts";

const [width, inner, layers, vocabulary] = [256, 288, 8, 64];

export async function* randomLlama(): AsyncGenerator<Uint8Array> {
  let state = 7;
  const draw = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31 - 0.5;
  };
  const tensors = new Map<string, WritableTensor>();
  const add = (name: string, ...shape: readonly number[]) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const values = Float32Array.from({ length: count }, () => (draw() + draw() + draw()) / 8);
    tensors.set(`${name}.weight`, { type: "F32", shape, bytes: encodeValues(values, "F32") });
  };
  add("token_embd", vocabulary, width);
  for (let layer = 0; layer < layers; layer += 1) {
    for (const norm of ["attn_norm", "ffn_norm"]) add(`blk.${layer}.${norm}`, width);
    for (const map of ["attn_q", "attn_k", "attn_v", "attn_output"]) add(`blk.${layer}.${map}`, width, width);
    for (const map of ["ffn_gate", "ffn_up"]) add(`blk.${layer}.${map}`, inner, width);
    add(`blk.${layer}.ffn_down`, width, inner);
  }
  add("output_norm", width);
  add("output", vocabulary, width);
  const whole = (value: number): WritableValue => ({ type: "uint32", value });
  const metadata = new Map<string, WritableValue>([
    ["general.architecture", { type: "string", value: "llama" }],
    ...Object.entries({
      block_count: layers,
      context_length: 64,
      embedding_length: width,
      feed_forward_length: inner,
      "attention.head_count": 4,
      vocab_size: vocabulary,
    }).map(([key, value]) => [`llama.${key}`, whole(value)] as const),
    ["llama.attention.layer_norm_rms_epsilon", { type: "float32", value: 1e-5 }],
    ...words(vocabulary),
  ]);
  yield* ggufPieces(metadata, tensors);
}
