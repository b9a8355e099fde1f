// Activated LoRA (PEFT's `alora_invocation_tokens`): the adapter waits for tokens, and acts from them on.

import type { Variant } from "../variant.ts";
import { ActivatedAdaptation } from "./activated-adaptation.ts";
import { InvocationTokensError } from "./errors.ts";

export const activatedLora: Variant = {
  check({ activationTokens }, { model: { tellsPlaces = false, modelType } }) {
    if (!tellsPlaces) throw new InvocationTokensError(activationTokens ?? [], modelType ?? null);
  },
  refusal: ({ kind }) => (kind === "linear" ? null : "alora_invocation_tokens is for linear layers"),
  refusalOfParameters: "alora_invocation_tokens is for linear layers",
  // PEFT warns as well (LoraConfig.__post_init__).
  warnings({ taskType }) {
    if (taskType === "CAUSAL_LM") return [];
    const message =
      `alora_invocation_tokens is for task_type = "CAUSAL_LM", and this is ${JSON.stringify(taskType)}: PEFT will not ` +
      "look for the tokens by itself, and the adapter would act nowhere there.";
    return [{ code: "INVOCATION_TASK", message }];
  },
  wrap: (inner, { config }) => new ActivatedAdaptation(inner, config.activationTokens ?? []),
  problemOfMerging: "its update is for the tokens from alora_invocation_tokens on alone, and a weight is for all",
};
