// How much one request may ask for.

export interface RequestLimits {
  /** Texts that one request may have written: its prompts times `n`. */
  readonly maxChoices: number;
  /** New tokens of one text. */
  readonly maxNewTokens: number;
  readonly maxStops: number;
  readonly maxMessages: number;
  /** Texts to be embedded by one request. */
  readonly maxInputs: number;
}

export const requestLimits: RequestLimits = {
  maxChoices: 16,
  maxNewTokens: 4096,
  maxStops: 4,
  maxMessages: 1000,
  maxInputs: 2048,
};
