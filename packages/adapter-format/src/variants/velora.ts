// VeLoRA (PEFT's `velora_config`).

import type { VariantFacts } from "./variant-facts.ts";

export const velora = {
  key: "velora_config",
  setting: ({ veloraConfig }) => veloraConfig,
  effect: "compressed gradients",
  layer: "separate",
  onlyInTraining: true,
  // Needed only by the next training step.
  isLeftOut: (key) => key.endsWith(".lora_velora_embed"),
} as const satisfies VariantFacts;
