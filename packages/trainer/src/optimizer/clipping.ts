// Clipping by global norm (Pascanu et al. 2013), as torch.nn.utils.clip_grad_norm_ does it.

/** `sum` plus the squares of the values of a range. A separate loop, because a sum in a callback's closure is a boxed number. */
export function addSquares(
  sum: number,
  values: Float32Array,
  { start, end }: { readonly start: number; readonly end: number },
): number {
  let total = sum;
  for (let i = start; i < end; i += 1) total += (values[i] as number) * (values[i] as number);
  return total;
}

/** The factor by which torch scales gradients so that their global norm is at most `maxNorm`; never more than 1. */
export function clipFactor(norm: number, maxNorm: number): number {
  return Math.min(1, maxNorm / (norm + 1e-6));
}
