// Clipping by global norm (Pascanu et al. 2013), as torch.nn.utils.clip_grad_norm_ does it.

/** Gradients by name of variable. */
export type Gradients = ReadonlyMap<string, Float32Array>;

/** The Euclidean norm of all gradients taken as one vector. */
export function globalNorm(gradients: Gradients): number {
  let sum = 0;
  for (const gradient of gradients.values()) sum = addSquares(sum, gradient, { start: 0, end: gradient.length });
  return Math.sqrt(sum);
}

/** `sum` and the squares of the values of a range; a loop of its own, as a sum in a callback's closure is a boxed number. */
export function addSquares(
  sum: number,
  values: Float32Array,
  { start, end }: { readonly start: number; readonly end: number },
): number {
  let total = sum;
  for (let i = start; i < end; i += 1) total += (values[i] as number) * (values[i] as number);
  return total;
}

/** What torch multiplies gradients with so that their global norm is at most `maxNorm`; never more than 1. */
export function clipFactor(norm: number, maxNorm: number): number {
  return Math.min(1, maxNorm / (norm + 1e-6));
}

/** Scales gradients in place. */
export function scaleGradients(gradients: Gradients, factor: number): void {
  if (factor === 1) return;
  for (const gradient of gradients.values()) {
    for (let i = 0; i < gradient.length; i += 1) gradient[i] = (gradient[i] as number) * factor;
  }
}
