// LLaMA (Touvron et al. 2023), as transformers' modeling_llama.py names it, and its descendants with the type "llama".

import { decoderClasses, decoderHeads, decoderSizes, likeLlama, linearBiases } from "../../shared/decoder-rows.ts";

/** The tables of `llama`. */
export const llama = likeLlama("llama", decoderClasses("Llama", ["token-classification", "question-answering"]), {
  config: {
    sizes: decoderSizes({ headSize: null, maxPositions: 2048 }),
    switches: linearBiases,
    // Tensor parallelism of the first training run: it only splits sums.
    ignored: ["pretraining_tp", "is_llama_config"],
  },
  heads: decoderHeads("embed_tokens", { questionPrefix: "transformer" }),
});

/** The tables of `smollm3`. */
export const smollm3 = likeLlama("smollm3", decoderClasses("SmolLM3", ["token-classification", "question-answering"]), {
  config: {
    sizes: decoderSizes({ keyValueHeads: 4, headSize: null, maxPositions: 32_768 }),
    tokenIds: { padding: 128_004 },
    tiedByDefault: true,
    rotary: {
      thetaFallback: 2_000_000,
      layers: { list: "no_rope_layers", exceptEvery: "no_rope_layer_interval", fallback: 4 },
    },
    switches: linearBiases,
    window: { size: { key: "sliding_window", fallback: null }, enabledBy: "use_sliding_window", layers: "all" },
    // No published model has windows. transformers would use them in layers without rotation.
    fixed: [
      { key: "use_sliding_window", values: [null, false], effect: "true limits attention in some layers" },
      { key: "sliding_window", values: [null], effect: "it limits attention in some layers" },
    ],
  },
  heads: decoderHeads("embed_tokens", { questionPrefix: "transformer" }),
});
