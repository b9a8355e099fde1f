// NomicBERT's wiring (transformers' modeling_nomic_bert.py): BERT whose positions are rotations, with gated feed-forwards.

import type { PartList } from "../../parts/part-list.ts";
import { rotaryOf } from "../../parts/positions/rotary-frequencies.ts";
import type { Trunk } from "../../parts/trunk/trunk.ts";
import { type LayerNames, postNormBlock } from "./post-norm-block.ts";
import { wordEmbedding } from "./word-embedding.ts";

export function nomicBert(model: PartList): Trunk {
  const { config } = model.plan;
  const first = model.group();
  const { tokens, run: embed } = wordEmbedding(model, first);
  const rotary = rotaryOf(config);
  const blocks = Array.from({ length: config.layers }, (_, layer) =>
    postNormBlock(model.atLayer(layer), { names, layer, rotary }),
  );
  return { tokens, embed: { parts: first.parts, run: embed }, stages: blocks };
}

const names: LayerNames = {
  query: "layers.{n}.self_attn.q_proj",
  key: "layers.{n}.self_attn.k_proj",
  value: "layers.{n}.self_attn.v_proj",
  output: "layers.{n}.self_attn.o_proj",
  afterAttention: "layers.{n}.post_attention_layernorm",
  gate: "layers.{n}.mlp.gate_proj",
  up: "layers.{n}.mlp.up_proj",
  down: "layers.{n}.mlp.down_proj",
  afterFeedForward: "layers.{n}.post_mlp_layernorm",
};
