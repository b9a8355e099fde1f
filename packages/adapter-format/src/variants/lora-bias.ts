// A bias on B (PEFT's `lora_bias`). Source: PEFT 0.21.2, LoraConfig.__post_init__.

import { settingOrNull, type VariantFacts } from "./variant-facts.ts";

export const loraBias = {
  key: "lora_bias",
  setting: (config) => settingOrNull(config.loraBias),
  effect: "a bias on B",
  rules: [
    {
      key: "lora_bias",
      expected: "false unless init_lora_weights is true or false and use_dora is false",
      holds: ({ loraBias: hasBias, init, useDora }) => !hasBias || (typeof init === "boolean" && !useDora),
    },
  ],
} as const satisfies VariantFacts;
