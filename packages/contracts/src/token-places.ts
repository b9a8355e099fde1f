// Where states stand in their texts. Some adapters act from certain tokens on, and a site sees states, not tokens.

/** Of each state at a site – its input, all axes but the last flattened –, the place in its text. Made by the model. */
export interface TokenPlaces {
  /** How many states there are. */
  readonly count: number;
  /**
   * 1 for each state from the last occurrence of `tokens` in its text on, that itself included, else 0. A text is what its
   * row held when it began: what is generated after it is not looked at. Whoever asks does not change the result.
   */
  since(tokens: readonly number[]): Float32Array;
  /** The places of some of the states, by their numbers. */
  pick(states: readonly number[]): TokenPlaces;
}
