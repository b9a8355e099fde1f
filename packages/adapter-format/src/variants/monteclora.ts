// MonteCLoRA (PEFT's `monteclora_config`) adds noise to A, only in training. Source: PEFT 0.21.2, MontecloraLinearVariant.forward.

import type { VariantFacts } from "./variant-facts.ts";

export const monteclora = {
  key: "monteclora_config",
  setting: ({ monteCloraConfig }) => monteCloraConfig,
  effect: "sampled factors",
  layer: "separate",
  onlyInTraining: true,
  isLeftOut: (key) => key.includes(".lora_monteclora_sampler."),
} as const satisfies VariantFacts;
