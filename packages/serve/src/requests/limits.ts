// How much one request may ask for.

import type { ServedDefaults } from "../served-model.ts";

export interface RequestLimits {
  /** Texts that one request may have written: its prompts times `n`. */
  readonly maxChoices: number;
  /** New tokens of one text. */
  readonly maxNewTokens: number;
  readonly maxStops: number;
  readonly maxMessages: number;
  /** Texts to be embedded by one request. */
  readonly maxInputs: number;
  /** What the model's files say, where a request does not. */
  readonly defaults: ServedDefaults;
}

export const requestLimits: RequestLimits = {
  maxChoices: 16,
  maxNewTokens: 4096,
  maxStops: 4,
  maxMessages: 1000,
  maxInputs: 2048,
  defaults: { doSample: false },
};
