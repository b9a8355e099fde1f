// GPT-NeoX (Black et al. 2022), Pythia's and Polyglot-Ko's family, as transformers' modeling_gpt_neox.py names it. The
// rows of query_key_value are sorted by head: each head's query, key and value.

import type { Family } from "../../../family.ts";
import {
  decoderClasses,
  decoderHeads,
  decoderSizes,
  plainFeedForward,
  rotaryBuffers,
} from "../../shared/decoder-rows.ts";
import { linearRows, normRows } from "../../shared/module-rows.ts";

/** The tables of `gpt_neox`. */
export const gptNeox: Family = {
  modelType: "gpt_neox",
  causal: true,
  basePrefix: "gpt_neox",
  architectures: decoderClasses("GPTNeoX", ["token-classification", "question-answering"]),
  config: {
    sizes: decoderSizes({ keyValueHeads: null, maxPositions: 2048 }),
    activation: { key: "hidden_act", fallback: "gelu" },
    normEpsilon: { key: "layer_norm_eps", fallback: 1e-5 },
    dropouts: {
      embedding: { keys: ["hidden_dropout"], fallback: 0 },
      attention: { keys: ["attention_dropout"], fallback: 0 },
      residual: { keys: ["hidden_dropout"], fallback: 0 },
      classifier: { keys: ["classifier_dropout"], fallback: 0.1 },
    },
    tiedByDefault: false,
    rotary: { thetaKeys: ["rotary_emb_base"], share: { key: "rotary_pct", fallback: 0.25 }, roundsUpOdd: true },
    switches: {
      attentionBias: { key: "attention_bias", fallback: true },
      parallelResidual: { key: "use_parallel_residual", fallback: true },
    },
    // Only rotary_pct counts; transformers 5 also writes this one.
    ignored: ["partial_rotary_factor", "is_decoder", "rope_theta"],
  },
  embeddings: [{ path: "embed_in", rows: "vocabulary" }],
  linears: [
    ...linearRows({ bias: "attentionBias", layout: "out-in" }, [
      ["layers.{n}.attention.query_key_value", "hidden", "triple-hidden"],
      ["layers.{n}.attention.dense", "hidden", "hidden"],
    ]),
    ...plainFeedForward("layers.{n}.mlp.dense_h_to_4h", "layers.{n}.mlp.dense_4h_to_h", true),
  ],
  norms: normRows("layer", ["layers.{n}.input_layernorm", "layers.{n}.post_attention_layernorm", "final_layer_norm"]),
  heads: decoderHeads("embed_in", { tokens: "classifier" }),
  // Causal masks, which older checkpoints carry as buffers of every layer.
  ignoredFileKeys: [...rotaryBuffers, ".attention.bias", ".attention.masked_bias"],
  // The file keeps the head's old name.
  fileSpellings: [{ file: "embed_out.weight", path: "lm_head.weight" }],
};
