// Cohere 2 (Cohere 2024: Command R7B), as transformers' modeling_cohere2.py names it: both halves of a layer side by side
// on one layer norm without a bias, a window in three layers of four, of which these alone rotate, and scaled logits.

import { attentionBias, decoderSizes, languageModelClasses, likeLlama } from "../../shared/decoder-rows.ts";

const norm = { kind: "layer", bias: false } as const;

/** The tables of `cohere2`. */
export const cohere2 = likeLlama("cohere2", languageModelClasses("Cohere2"), {
  config: {
    sizes: decoderSizes({ maxPositions: 8192 }),
    normEpsilon: { key: "layer_norm_eps", fallback: 1e-5 },
    dropouts: { attention: { keys: ["attention_dropout"], fallback: 0 } },
    tokenIds: { padding: 0 },
    tiedByDefault: true,
    rotary: { layers: "windowed" },
    switches: attentionBias,
    scalars: { logitScale: { key: "logit_scale", fallback: 0.0625 } },
    window: {
      size: { key: "sliding_window", fallback: 4096 },
      layers: { exceptEvery: "sliding_window_pattern", fallback: 4 },
    },
    // Facts about the architecture in Cohere's own files, which transformers does not read.
    fixed: [
      { key: "position_embedding_type", values: [null, "rope_gptj"], effect: "positions do not rotate in pairs" },
      { key: "use_parallel_block", values: [null, true], effect: "false computes attention, then feed-forward" },
      { key: "use_gated_activation", values: [null, true], effect: "false leaves out the feed-forward's gate" },
      { key: "order_of_interleaved_layers", values: [null, "local_attn_first"], effect: "other layers have windows" },
    ],
    // The width of a head follows from the other sizes; the file's value is ignored.
    ignored: [
      "cache_implementation",
      "head_dim",
      "sliding_window_pattern",
      "use_embedding_sharing",
      "use_parallel_embedding",
    ],
  },
  norms: [
    { path: "layers.{n}.input_layernorm", ...norm },
    { path: "norm", ...norm },
  ],
});
