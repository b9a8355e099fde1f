// Makes tokens that are there already less likely (Keskar et al. 2019, section 4.1).

/**
 * Logits in which each of `tokens`, however often it came, is divided by the penalty where positive and multiplied by it
 * where negative. A penalty above 1 discourages, one below 1 encourages.
 */
export function penalizeRepetition(logits: Float32Array, tokens: Iterable<number>, penalty: number): Float32Array {
  const changed = logits.slice();
  for (const token of new Set(tokens)) {
    const logit = logits[token];
    if (logit !== undefined) changed[token] = logit < 0 ? logit * penalty : logit / penalty;
  }
  return changed;
}
