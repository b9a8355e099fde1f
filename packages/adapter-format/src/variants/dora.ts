// DoRA (PEFT's `use_dora`). Source: PEFT 0.21.2, LoraConfig.__post_init__.

import { settingOrNull, type VariantFacts } from "./variant-facts.ts";

export const dora = {
  key: "use_dora",
  setting: ({ useDora }) => settingOrNull(useDora),
  effect: "weight-decomposed LoRA (DoRA)",
  layer: "separate",
  option: {
    flag: "--use-dora",
    name: "useDora",
    field: "useDora",
    kind: "flag",
    help: "DoRA: train size and direction of weights separately",
  },
  // For an embedding with a saved table (`save_embedding_layers`) PEFT also writes the magnitude under its name in memory. PEFT
  // reads that later tensor.
  isLeftOut: (key, keys) =>
    key.endsWith(".lora_magnitude_vector") &&
    keys.has(`${key}.weight`) &&
    keys.has(key.replace(/lora_magnitude_vector$/, "base_layer.weight")),
  rules: [
    {
      key: "use_dora",
      expected: "false, because megatron_config is given",
      holds: ({ useDora, megatronConfig }) => !useDora || megatronConfig === null,
    },
  ],
} as const satisfies VariantFacts;
