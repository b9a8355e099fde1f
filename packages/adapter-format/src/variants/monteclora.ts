// MonteCLoRA (PEFT's `monteclora_config`).

import type { VariantFacts } from "./variant-facts.ts";

export const monteclora = {
  key: "monteclora_config",
  asked: ({ monteCloraConfig }) => monteCloraConfig,
  effect: "sampled factors",
  layer: "own",
} as const satisfies VariantFacts;
