// Cohere 2's wiring (transformers' modeling_cohere2.py and modeling_cohere2_moe.py): both sublayers read the same norm of the block's
// input. In one model type the second is a mixture of experts.

import { likeLlama, llamaAttention } from "./like-llama.ts";
import { feedForwardOrMixture } from "./mixtral.ts";

export const cohere2 = likeLlama((block, layer, rotary) => {
  const norm = block.norm("layers.{n}.input_layernorm");
  return {
    attention: llamaAttention(block, layer, rotary, { rotaryInterleaved: true }),
    feedForward: feedForwardOrMixture(block, layer),
    beforeAttention: norm,
    beforeFeedForward: norm,
    residual: "parallel",
  };
});
