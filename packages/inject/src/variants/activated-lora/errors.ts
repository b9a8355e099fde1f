// What an adapter that waits for tokens can be refused for.

import { enumerated, LowrankError, printable } from "@lowrank/contracts";

/** An adaptation acts from certain tokens on, and the call does not tell where its states stand. */
export class PlacesMissingError extends LowrankError {
  constructor(readonly path: string) {
    super(
      "PLACES_MISSING",
      `The adapter acts after its alora_invocation_tokens, but a call at "${path}" does not give the tokens of its states ` +
        "(`places` in its context). Use a causal language model of @lowrank/models.",
    );
  }
}

/** An adapter waits for tokens (`alora_invocation_tokens`), and the model is none whose texts they are looked for in. */
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
