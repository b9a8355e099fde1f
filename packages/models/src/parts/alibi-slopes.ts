// Attention with linear biases (Press et al. 2022): how steeply each head's scores rise with the key's position.

/** One slope for each head, as transformers' BLOOM has them: powers of 2 that halve at equal steps. */
export function alibiSlopes(heads: number): Float32Array {
  const whole = 2 ** Math.floor(Math.log2(heads));
  const slopes = Array.from({ length: whole }, (_, head) => baseOf(whole) ** (head + 1));
  // Heads beyond a power of 2 take every second slope of twice as many heads.
  const rest = Array.from({ length: heads - whole }, (_, head) => baseOf(2 * whole) ** (2 * head + 1));
  return Float32Array.from([...slopes, ...rest]);
}

function baseOf(heads: number): number {
  return Math.fround(2 ** -(2 ** -(Math.log2(heads) - 3)));
}
