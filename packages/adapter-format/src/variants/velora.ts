// VeLoRA (PEFT's `velora_config`).

import type { VariantFacts } from "./variant-facts.ts";

export const velora = {
  key: "velora_config",
  asked: ({ veloraConfig }) => veloraConfig,
  effect: "compressed gradients",
  layer: "own",
  onlyInTraining: true,
} as const satisfies VariantFacts;
