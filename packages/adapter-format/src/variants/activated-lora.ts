// Activated LoRA (PEFT's `alora_invocation_tokens`). An empty list is none, as in PEFT.

import { settingOrNull, type VariantFacts } from "./variant-facts.ts";

export const activatedLora = {
  key: "alora_invocation_tokens",
  setting: ({ activationTokens }) => settingOrNull(activationTokens),
  effect: "the adapter acts only after an invocation sequence",
  layer: "exclusive",
  option: {
    flag: "--invocation <text>",
    name: "invocation",
    field: "activationTokens",
    kind: "tokens",
    help: "activated LoRA: apply the adapter only from this text on, in each row",
  },
  describe: ({ activationTokens }) =>
    activationTokens?.length ? ["acts from", `the tokens [${activationTokens.join(", ")}] on`] : null,
  gguf: {
    key: "adapter.alora.invocation_tokens",
    write: ({ activationTokens }) => activationTokens ?? [],
    read: (numbers) => ({ activationTokens: numbers }),
  },
  isCombinable: true,
} as const satisfies VariantFacts;
