// Errors of activated LoRA.

import { enumerated, failure, printable } from "@lowrank/contracts/internal";

/** An activated LoRA got a call without token positions. Use a causal language model of `@lowrank/models`. */
export function placesMissingError(path: string) {
  return failure(
    "PLACES_MISSING",
    `The adapter acts after its alora_invocation_tokens, but a call at "${path}" does not give the tokens of its states ` +
      "(`tokenPositions` in its context). Use a causal language model of @lowrank/models.",
    { path },
  );
}

/** `alora_invocation_tokens` needs a causal language model. Load the model with its language-model head, or train without the tokens. */
export function invocationTokensError(tokens: readonly number[], modelType: string | null) {
  return failure(
    "INVOCATION_TOKENS",
    `The adapter acts after its alora_invocation_tokens [${enumerated(tokens)}], which work in ` +
      `causal language models only, as in PEFT; this model${modelType === null ? "" : ` (${printable(modelType)})`} is ` +
      "another. Load it with its language-model head, or train without the tokens.",
    { tokens, modelType },
  );
}
