// How a mask's decisions are numbered. They are drawn in segments, each of which can be drawn by itself, so that a kernel may
// ask for any stretch of a mask, and get what any other engine gets.
//
// A segment is 128 steps of eight xoshiro128++ generators (Blackman and Vigna 2021), whose 32 words of state are made by
// Threefry from the mask's key and the segment's number. Threefry alone, with the 13 rounds that pass Crush, takes three to
// four times as long for a decision, and would double what a factor costs; xoshiro128++ passes BigCrush, and streams that are
// seeded by a block cipher's kin do not overlap in practice (2¹²⁸ states). dropout-mask.test.ts has what is asked of masks.

import type { Words } from "../threefry.ts";
import type { MaskPlan } from "./mask-plan.ts";

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
