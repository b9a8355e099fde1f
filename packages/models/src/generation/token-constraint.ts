// Constrained decoding: something outside the model, such as a JSON schema, decides which tokens may come next.

/** The tokens that are allowed next in one text. It has a state and belongs to this text only. */
export interface TokenConstraint {
  /**
   * A bit mask of the tokens that may come next, [ceil(vocabulary / 32)]: bit `id % 32` of element `floor(id / 32)` is 1 for
   * an allowed token. Undefined: all are allowed. It is only read until the next `accept`.
   */
  allowed(): Uint32Array | undefined;
  /** Moves on by an allowed token. */
  accept(id: number): void;
  /** Whether the text is complete and nothing can follow it: it ends without an end token. */
  readonly isComplete: boolean;
}

/** Logits [vocabulary] with −∞ for tokens outside the mask. */
export function onlyAllowed(logits: Float32Array, mask: Uint32Array | undefined): Float32Array {
  if (mask === undefined) return logits;
  const allowed = new Float32Array(logits.length).fill(Number.NEGATIVE_INFINITY);
  for (const [index, word] of mask.entries()) {
    // Most words are 0: few tokens are allowed outside texts in quotes.
    for (let bits = word; bits !== 0; bits &= bits - 1) {
      const id = index * 32 + 31 - Math.clz32(bits & -bits);
      if (id < logits.length) allowed[id] = logits[id] as number;
    }
  }
  return allowed;
}
