// EXAONE 3 and 3.5 (LG AI Research 2024), which transformers computes as LLaMA. The files were written by code of their own, and
// name the modules as GPT-2's are named.

import type { FileSpelling } from "../../../family.ts";
import { decoderSizes, likeLlama, linearBiases } from "../../shared/decoder-rows.ts";

const layerNames = [
  ["attn.attention.q_proj", "self_attn.q_proj"],
  ["attn.attention.k_proj", "self_attn.k_proj"],
  ["attn.attention.v_proj", "self_attn.v_proj"],
  ["attn.attention.out_proj", "self_attn.o_proj"],
  ["mlp.c_fc_0", "mlp.gate_proj"],
  ["mlp.c_fc_1", "mlp.up_proj"],
  ["mlp.c_proj", "mlp.down_proj"],
  ["ln_1", "input_layernorm"],
  ["ln_2", "post_attention_layernorm"],
] as const;

const fileSpellings: readonly FileSpelling[] = [
  { file: "transformer.wte.weight", path: "model.embed_tokens.weight" },
  { file: "transformer.ln_f.weight", path: "model.norm.weight" },
  ...layerNames.map(([theirs, ours]) => ({
    file: `transformer.h.{n}.${theirs}.weight`,
    path: `model.layers.{n}.${ours}.weight`,
  })),
];

/** The tables of `exaone`. */
export const exaone = likeLlama(
  "exaone",
  new Map([
    ["LlamaForCausalLM", "causal-lm"],
    ["ExaoneForCausalLM", "causal-lm"],
    ["LlamaModel", "feature-extraction"],
    ["ExaoneModel", "feature-extraction"],
  ]),
  {
    config: {
      sizes: {
        ...decoderSizes({ keyValueHeads: 8, headSize: null, maxPositions: 4096 }),
        layers: { keys: ["num_hidden_layers", "num_layers"] },
      },
      activation: { key: "hidden_act", otherKey: "activation_function", fallback: "silu" },
      normEpsilon: { key: "rms_norm_eps", otherKey: "layer_norm_epsilon", fallback: 1e-5 },
      tokenIds: { padding: 0 },
      rotary: { thetaFallback: 500_000 },
      switches: linearBiases,
      fixed: [{ key: "embed_dropout", values: [null, 0], effect: "dropout on embeddings in training" }],
      ignored: ["auto_map"],
    },
    fileSpellings,
    ignoredFileKeys: ["rotary.inv_freq"],
  },
);
