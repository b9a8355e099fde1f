// DeepSeek-V3's wiring (transformers' modeling_deepseek_v3.py): LLaMA with latent attention, and a mixture in most layers.

import { latentAttention } from "../../parts/attention/latent-attention.ts";
import { attentionOf } from "../../parts/backbone/decoder-backbone.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";
import type { RotaryFrequencies } from "../../parts/positions/rotary-frequencies.ts";
import { likeLlama, normsBefore } from "./like-llama.ts";
import { feedForwardOrMixture } from "./mixtral.ts";

export const deepseekV3 = likeLlama((block, layer, rotary) => ({
  attention: attention(block, layer, rotary),
  feedForward: feedForwardOrMixture(block, layer),
  ...normsBefore(block),
}));

function attention(block: PartList, layer: number, rotary: RotaryFrequencies): Layer {
  const { config } = block.plan;
  const { headSize: rotatingSize, plainHeadSize: plainSize, valueHeadSize: valueSize, heads, switches } = config;
  const of = (name: string) => block.linear(`layers.{n}.self_attn.${name}`);
  const isNarrow = config.queryRank > 0;
  const scaling = config.rotary?.scaling;
  const scoreScale = scaling?.type === "yarn" ? (scaling.scoreScale ?? 1) : 1;
  return attentionOf(block, layer, {
    ...latentAttention({
      query: isNarrow ? of("q_a_proj") : of("q_proj"),
      queryNorm: block.optionalNorm("layers.{n}.self_attn.q_a_layernorm"),
      wideQuery: block.optionalLinear("layers.{n}.self_attn.q_b_proj"),
      narrow: of("kv_a_proj_with_mqa"),
      norm: block.norm("layers.{n}.self_attn.kv_a_layernorm"),
      wide: of("kv_b_proj"),
      output: of("o_proj"),
      heads,
      rotatingSize,
      plainSize,
      valueSize,
    }),
    keyHeads: heads,
    rotary,
    rotaryInterleaved: switches.rotatesNeighbours,
    scale: scoreScale / Math.sqrt(rotatingSize + plainSize),
  });
}
