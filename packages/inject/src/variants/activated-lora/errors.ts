// Errors of activated LoRA.

import { enumerated, LowrankError, printable } from "@lowrank/contracts";

/** An activated LoRA got a call without token positions. Use a causal language model of `@lowrank/models`. */
export class PlacesMissingError extends LowrankError {
  constructor(readonly path: string) {
    super(
      "PLACES_MISSING",
      `The adapter acts after its alora_invocation_tokens, but a call at "${path}" does not give the tokens of its states ` +
        "(`tokenPositions` in its context). Use a causal language model of @lowrank/models.",
    );
  }
}

/** `alora_invocation_tokens` needs a causal language model. Load the model with its language-model head, or train without the tokens. */
export class InvocationTokensError extends LowrankError {
  constructor(
    readonly tokens: readonly number[],
    readonly modelType: string | null,
  ) {
    super(
      "INVOCATION_TOKENS",
      `The adapter acts after its alora_invocation_tokens [${enumerated(tokens)}], which work in ` +
        `causal language models only, as in PEFT; this model${modelType === null ? "" : ` (${printable(modelType)})`} is ` +
        "another. Load it with its language-model head, or train without the tokens.",
    );
  }
}
