// A whole vocabulary is read for each token that is drawn. Math.exp takes ten times as long as this, and a loop over an iterator
// five times as long as one with an index.

const steps = 2048;
const stepsOfUnit = steps / Math.LN2;
/** 2^(i / steps) */
const fractions = Float64Array.from({ length: steps }, (_, step) => 2 ** (step / steps));
/** 2^−i; e^lowest is above the last. */
const powers = Float64Array.from({ length: 1023 }, (_, power) => 2 ** -power);
const lowest = -708;

/** e^x for x up to 0, with a relative error below 1e-11; 0 below −708. */
export function expOf(x: number): number {
  if (x < lowest) return 0;
  const step = Math.floor(x * stepsOfUnit);
  const rest = x - step / stepsOfUnit; // at most ln 2 / steps: three terms of the series are enough
  const fraction = fractions[step & (steps - 1)] as number;
  return fraction * (powers[-(step >> 11)] as number) * (1 + rest * (1 + rest * 0.5));
}

/** The maximum; −∞ for an empty array. */
export function largestOf(values: Float32Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < values.length; index++)
    if ((values[index] as number) > largest) largest = values[index] as number;
  return largest;
}
