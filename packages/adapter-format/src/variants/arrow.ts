// Arrow (PEFT's `arrow_config`).

import type { VariantFacts } from "./variant-facts.ts";

export const arrow = {
  key: "arrow_config",
  setting: ({ arrowConfig }) => arrowConfig,
  effect: "routing between adapters",
  layer: "separate",
} as const satisfies VariantFacts;
