// The number of random bits for each entry. Eight are enough for common rates, and cost half as much as sixteen.

/** How decisions of one rate are drawn. */
export interface MaskPlan {
  /** Random bits for each decision. */
  readonly bits: 8 | 16;
  /** An entry whose bits are a number below this is dropped. */
  readonly threshold: number;
  /** The factor of entries that are not dropped, float32: 1/(1 − threshold/2^bits), so that the expectation is exact. */
  readonly factor: number;
}

/** By how much of it – or of the rate of keeping, if that is smaller – eight bits may miss a rate. */
const tolerance = 1 / 50;

/**
 * The plan for a rate above 0 and below 1. The actual rate is the nearest multiple of 1/256 if that is within 2 % of the rate (0.1
 * becomes 26/256 = 0.1016), else the nearest multiple of 1/65536 other than 0 and 1.
 */
export function planMask(rate: number): MaskPlan {
  const isNear = Math.abs(Math.round(rate * 256) / 256 - rate) <= tolerance * Math.min(rate, 1 - rate);
  const bits = isNear ? 8 : 16;
  const levels = 2 ** bits;
  const threshold = Math.min(Math.max(Math.round(rate * levels), 1), levels - 1);
  return { bits, threshold, factor: Math.fround(levels / (levels - threshold)) };
}
