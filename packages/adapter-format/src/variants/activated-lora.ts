// Activated LoRA (PEFT's `alora_invocation_tokens`). An empty list is none, as in PEFT.

import { given, type VariantFacts } from "./variant-facts.ts";

export const activatedLora = {
  key: "alora_invocation_tokens",
  asked: ({ activationTokens }) => given(activationTokens),
  effect: "the adapter acts only after an invocation sequence",
  layer: "alone",
} as const satisfies VariantFacts;
