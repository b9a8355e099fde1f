// One pass of AdamW (Loshchilov & Hutter 2019) over a range of flat arrays: clipping, moments, decay and update together,
// so that each number is read and written once.

/** AdamW's own numbers. */
export interface AdamWOptions {
  readonly betas: readonly [first: number, second: number];
  readonly epsilon: number;
}

/** Arrays of one length. */
export interface AdamWArrays {
  /** Read. */
  readonly values: ArrayLike<number>;
  /** Written; may be `values` itself. */
  readonly next: Float32Array;
  readonly gradients: ArrayLike<number>;
  /** Running means of the gradients and of their squares; read and written. */
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** Entries that are updated with the same numbers. */
export interface AdamWRange {
  readonly start: number;
  readonly end: number;
  readonly learningRate: number;
  /** Share of the value that is taken away, times the learning rate: decoupled from the gradient. */
  readonly weightDecay: number;
  /** How often these entries were updated, this time included. */
  readonly updates: number;
}

/** Updates a range; every gradient is multiplied by `gradientFactor` first. */
export function updateRange(
  arrays: AdamWArrays,
  range: AdamWRange,
  { betas, epsilon, gradientFactor }: AdamWOptions & { readonly gradientFactor: number },
): void {
  const { values, next, gradients, first, second } = arrays;
  const { start, end, learningRate, weightDecay, updates } = range;
  const [beta1, beta2] = betas;
  const rate = learningRate / (1 - beta1 ** updates);
  const secondScale = 1 / Math.sqrt(1 - beta2 ** updates);
  const kept = 1 - learningRate * weightDecay;
  for (let i = start; i < end; i += 1) {
    const slope = Math.fround((gradients[i] as number) * gradientFactor);
    const mean = Math.fround(beta1 * (first[i] as number) + (1 - beta1) * slope);
    const square = Math.fround(beta2 * (second[i] as number) + (1 - beta2) * slope * slope);
    first[i] = mean;
    second[i] = square;
    next[i] = (values[i] as number) * kept - (rate * mean) / (Math.sqrt(square) * secondScale + epsilon);
  }
}
