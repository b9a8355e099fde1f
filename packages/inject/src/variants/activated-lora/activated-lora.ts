// Activated LoRA (PEFT's `alora_invocation_tokens`): which tokens an adapter waits for, and what it cannot do then.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { AdaptableModel, Warning } from "@lowrank/contracts";
import { InvocationTokensError } from "../../errors/errors.ts";

/** The tokens from which on an adapter acts; null if it acts everywhere. An empty list is none, as in PEFT. */
export function invocationOf({ activationTokens }: Pick<LoraConfig, "activationTokens">): readonly number[] | null {
  return activationTokens?.length ? activationTokens : null;
}

/** Throws InvocationTokensError where an adapter waits for tokens and the model does not tell which its states stand for. */
export function checkInvocation({ tellsPlaces = false, modelType }: AdaptableModel, config: LoraConfig): void {
  const tokens = invocationOf(config);
  if (tokens !== null && !tellsPlaces) throw new InvocationTokensError(tokens, modelType ?? null);
}

/** PEFT warns as well (LoraConfig.__post_init__). */
export function invocationWarnings(config: LoraConfig): readonly Warning[] {
  if (invocationOf(config) === null || config.taskType === "CAUSAL_LM") return [];
  const message =
    `alora_invocation_tokens is for task_type = "CAUSAL_LM", and this is ${JSON.stringify(config.taskType)}: PEFT will not ` +
    "look for the tokens by itself, and the adapter would act nowhere there.";
  return [{ code: "INVOCATION_TASK", message }];
}
