// How a mask's decisions are numbered. They are drawn in segments, each independent of the others, so that a kernel may draw
// any part of a mask and get the same decisions as every other engine.
//
// A segment is 128 steps of eight xoshiro128++ generators (Blackman and Vigna 2021), whose 32 words of state are made by Threefry from
// the mask's key and the segment's number. Threefry alone, with the 13 rounds that pass Crush, takes three to four times as long for a
// decision, and would double the cost of a factor. xoshiro128++ passes BigCrush, and streams seeded by a relative of a block cipher do
// not overlap in practice (2¹²⁸ states). dropout-mask.test.ts has the requirements of masks.

import type { Words } from "../threefry.ts";
import type { MaskPlan } from "./plan-mask.ts";

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
