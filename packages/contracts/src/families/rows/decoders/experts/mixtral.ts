// Mixtral (Jiang et al. 2024), as transformers' modeling_mixtral.py names it: Mistral whose feed-forward is a mixture of experts.

import { decoderClasses, decoderSizes, likeLlama, separateAttention } from "../../shared/decoder-rows.ts";
import { balanceScale, balanceSwitch, expertTensors, stackedExperts } from "../../shared/expert-rows.ts";

/** The tables of `mixtral`. */
export const mixtral = likeLlama("mixtral", decoderClasses("Mixtral", ["token-classification", "question-answering"]), {
  config: {
    sizes: {
      ...decoderSizes({ keyValueHeads: 8, headSize: null, maxPositions: 131_072 }),
      experts: { keys: ["num_local_experts", "num_experts"], fallback: 8 },
      expertsPerToken: { keys: ["num_experts_per_tok"], fallback: 2 },
      expertIntermediateSize: { keys: ["intermediate_size"] },
    },
    normEpsilon: { key: "rms_norm_eps", fallback: 1e-5 },
    rotary: { thetaFallback: 1_000_000 },
    window: { size: { key: "sliding_window", fallback: null }, layers: "all" },
    switches: balanceSwitch,
    scalars: balanceScale(0.001),
    fixed: [{ key: "router_jitter_noise", values: [null, 0], effect: "training adds noise to the router's inputs" }],
    derive: (config) => ({ ...config, switches: { ...config.switches, normTopkProb: true } }),
  },
  linears: separateAttention(false),
  tensors: expertTensors,
  fileSpellings: [{ file: "layers.{n}.block_sparse_moe.gate.weight", path: "layers.{n}.mlp.gate.weight" }],
  stackedFileKeys: stackedExperts("layers.{n}.block_sparse_moe", { gate: "w1", up: "w3", down: "w2" }),
});
