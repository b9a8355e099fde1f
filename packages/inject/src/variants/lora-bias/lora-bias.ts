// A bias on B (PEFT's `lora_bias`).

import { BiasedAdaptation, createLoraBias } from "@lowrank/math/internal";
import type { Variant } from "../variant.ts";

export const loraBias: Variant = {
  refusal: ({ kind }) => (kind === "embedding" ? "lora_bias has no meaning for an embedding" : null),
  refusalOfParameters: "lora_bias is for layers",
  vector: {
    part: "lora_B_bias",
    // PEFT has no bias for a B that is made from a smaller variable.
    isUsed: (factors) => factors.at(-1)?.expansion === undefined,
    initialize: ({ path, outFeatures, rank, init, seed }) =>
      createLoraBias({ outFeatures, rank, init, key: { seed, path } }),
  },
  wrap: (inner, { vector }) => (vector === undefined ? inner : new BiasedAdaptation(inner, vector)),
  needsBias: "the bias on B (lora_bias)",
};
