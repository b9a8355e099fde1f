// How a mask's decisions are numbered. They are drawn in segments, each independent of the others, so that a kernel may draw
// any part of a mask and get the same decisions as every other engine.
//
// A segment is 128 steps of eight xoshiro128++ generators (Blackman and Vigna 2021), whose 32 words of state are made by Threefry from
// the mask's key and the segment's number. Threefry alone, with the 13 rounds that pass Crush, takes three to four times as long for a
// decision, and would double the cost of a factor. xoshiro128++ passes BigCrush, and streams seeded by a relative of a block cipher do
// not overlap in practice (2¹²⁸ states). dropout-mask.test.ts has the requirements of masks.

import type { Words } from "../threefry.ts";

/** One segment of a mask. */
export interface Segment {
  /** The mask's key. */
  readonly words: Words;
  readonly plan: MaskPlan;
  /** The segment's number, from 0. */
  readonly number: number;
}

const steps = 128;
/** Bytes that the eight generators give in one step. */
export const bytesPerStep = 32;
/** Words of all generators' state: Threefry gives two for each counter. */
const countersPerSegment = 16;
/** The second half of the counters: `uniform` and `normal` draw with 0 under the same keys. */
export const maskStream = 1;

/** How many decisions one segment holds. */
export function segmentSize({ bits }: MaskPlan): number {
  return (steps * bytesPerStep * 8) / bits;
}

export function firstCounter({ number }: Segment): number {
  return number * countersPerSegment;
}

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
