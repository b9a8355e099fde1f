// Mixtures of experts in GGUF: Qwen's, and Mixtral, which llama.cpp calls llama.

import type { GgufTable } from "../gguf-table.ts";
import { llama, mistral, qwen2, qwen3 } from "./like-llama.ts";
import { nameRows } from "./shared-rows.ts";

/** The router, and a stack for each of an expert's matrices. */
function expertRows(module: string, { gate, up, down }: Readonly<Record<"gate" | "up" | "down", string>>) {
  return nameRows([
    ["blk.{n}.ffn_gate_inp", "model.layers.{n}.mlp.gate"],
    ["blk.{n}.ffn_gate_exps", `model.layers.{n}.${module}.experts.{e}.${gate}`],
    ["blk.{n}.ffn_up_exps", `model.layers.{n}.${module}.experts.{e}.${up}`],
    ["blk.{n}.ffn_down_exps", `model.layers.{n}.${module}.experts.{e}.${down}`],
  ]);
}

const qwenExperts = expertRows("mlp", { gate: "gate_proj", up: "up_proj", down: "down_proj" });

/** The names of a dense model, except those of its feed-forward. */
function withoutFeedForward({ names }: GgufTable) {
  return names.filter(({ gguf }) => !/ffn_(gate|up|down)$/.test(gguf));
}

const qwenConfig = [
  { gguf: "expert_count", key: "num_experts" },
  { gguf: "expert_used_count", key: "num_experts_per_tok" },
  { gguf: "expert_feed_forward_length", key: "moe_intermediate_size" },
];

export const qwen3Moe: GgufTable = {
  ...qwen3,
  architecture: "qwen3moe",
  modelType: "qwen3_moe",
  names: [...withoutFeedForward(qwen3), ...qwenExperts],
  config: [...qwen3.config, ...qwenConfig],
  needs: () => ({ expert_weights_norm: true }),
  implied: (tensorNames, fields) => ({ ...qwen3.implied?.(tensorNames, fields), norm_topk_prob: true }),
};

export const qwen2Moe: GgufTable = {
  ...qwen2,
  architecture: "qwen2moe",
  modelType: "qwen2_moe",
  needsHead: true,
  names: [
    ...withoutFeedForward(qwen2),
    ...qwenExperts,
    ...nameRows([
      ["blk.{n}.ffn_gate_shexp", "model.layers.{n}.mlp.shared_expert.gate_proj"],
      ["blk.{n}.ffn_up_shexp", "model.layers.{n}.mlp.shared_expert.up_proj"],
      ["blk.{n}.ffn_down_shexp", "model.layers.{n}.mlp.shared_expert.down_proj"],
    ]),
    ...nameRows([["blk.{n}.ffn_gate_inp_shexp", "model.layers.{n}.mlp.shared_expert_gate"]], "one-channel"),
  ],
  config: [
    ...qwen2.config,
    ...qwenConfig,
    { gguf: "expert_shared_feed_forward_length", key: "shared_expert_intermediate_size" },
  ],
  needs: () => ({ expert_weights_norm: false }),
  implied: (tensorNames) => ({ qkv_bias: tensorNames.has("blk.0.attn_q.bias"), norm_topk_prob: false }),
};

export const mixtral: GgufTable = {
  architecture: llama.architecture,
  modelType: "mixtral",
  names: [...withoutFeedForward(llama), ...expertRows("block_sparse_moe", { gate: "w1", up: "w3", down: "w2" })],
  config: [
    ...mistral.config,
    { gguf: "expert_count", key: "num_local_experts" },
    { gguf: "expert_used_count", key: "num_experts_per_tok" },
  ],
  needs: () => ({ expert_weights_norm: true }),
};
