// The factors of dropout as a function of a key: the same on every engine, for any part of a tensor.

import { uniformValues } from "../draw.ts";
import { type DrawKey, hashKey } from "../hash-key.ts";
import { threefry } from "../threefry.ts";
import { maskKernel } from "./mask-kernel.ts";
import {
  bytesPerStep,
  firstCounter,
  type MaskPlan,
  maskStream,
  planMask,
  type Segment,
  segmentSize,
} from "./segments.ts";

/** Which entries are dropped, and how many of them. */
export interface DropoutDraw {
  /** Probability of an entry to be set to 0, from 0 up to but not 1. */
  readonly rate: number;
  readonly key: DrawKey;
}

/** Some neighbouring entries of a tensor, by number. */
export interface EntryRange {
  readonly first: number;
  readonly count: number;
}

/** A mask that can be drawn again for any part. */
export interface DropoutMask {
  /** 0 or the factor of each entry; valid until the next call, of whichever mask. */
  factors(range: EntryRange): Float32Array;
  /** Writes source, which is the whole tensor, times its factors. */
  drop(target: Float32Array, source: Float32Array): void;
}

export function dropoutMask({ rate, key }: DropoutDraw): DropoutMask {
  if (key.oldMasks === true) return oldMask(rate, key);
  const [words, plan] = [hashKey(key), planMask(rate)];
  const kernel = maskKernel();
  if (kernel === undefined) return byFactors((range) => factorsByLoops(words, plan, range));
  return {
    factors: (range) => kernel.factors(words, plan, range),
    drop: (target, source) => kernel.drop(target, source, { words, plan }),
  };
}

let decisions = new Uint8Array(0);

export function factorsByLoops(
  words: ReturnType<typeof hashKey>,
  plan: MaskPlan,
  { first, count }: EntryRange,
): Float32Array {
  const size = segmentSize(plan);
  const values = new Float32Array(count);
  if (decisions.length < size) decisions = new Uint8Array(size);
  for (let number = Math.floor(first / size); number * size < first + count; number++) {
    drawByLoops(decisions, { words, plan, number });
    const [begin, end] = [Math.max(first, number * size), Math.min(first + count, (number + 1) * size)];
    for (let entry = begin; entry < end; entry++)
      values[entry - first] = decisions[entry - number * size] === 0 ? 0 : plan.factor;
  }
  return values;
}

/** As dropout drew before its masks had a generator of their own: one float32 from [0, 1) for each entry. */
function oldMask(rate: number, key: DrawKey): DropoutMask {
  const factor = 1 / (1 - rate);
  return byFactors(({ first, count }) => {
    const values = uniformValues(count, key, first);
    for (let index = 0; index < count; index++) values[index] = (values[index] ?? 0) < rate ? 0 : factor;
    return values;
  });
}

function byFactors(factors: DropoutMask["factors"]): DropoutMask {
  return {
    factors,
    drop: (target, source) => {
      const values = factors({ first: 0, count: source.length });
      for (let index = 0; index < values.length; index++) target[index] = (source[index] ?? 0) * (values[index] ?? 0);
    },
  };
}

// A segment of a mask drawn by loops: if WebAssembly has no vectors, and for comparison with the kernel that uses them.

const state = new Uint32Array(32);
const drawn = new Uint32Array(bytesPerStep / 4);
const drawnBytes = new Uint8Array(drawn.buffer);
const drawnHalves = new Uint16Array(drawn.buffer);

/** Writes a segment's decisions: 255 keeps an entry, 0 drops it. */
function drawByLoops(target: Uint8Array, segment: Segment): void {
  const { threshold, bits } = segment.plan;
  const numbers = bits === 8 ? drawnBytes : drawnHalves;
  const size = segmentSize(segment.plan);
  seed(segment);
  for (let at = 0; at < size; at += numbers.length) {
    stepGenerators(state, drawn);
    for (let position = 0; position < numbers.length; position++)
      target[at + position] = (numbers[position] ?? 0) < threshold ? 0 : 255;
  }
}

/** For each half of the generators a row of four for each word of their state. */
function seed(segment: Segment): void {
  const first = firstCounter(segment);
  for (let position = 0; position < 16; position++) {
    const row = 8 * (position >> 2) + (position & 3);
    const [even, odd] = threefry(segment.words, [first + position, maskStream]);
    state[row] = even;
    state[row + 4] = odd;
  }
}

/** One step of xoshiro128++, as its authors wrote it, for each of eight generators: their next numbers are in `drawn`. */
export function stepGenerators(state: Uint32Array, drawn: Uint32Array): void {
  for (let generator = 0; generator < 8; generator++) {
    const at = 16 * (generator >> 2) + (generator & 3);
    const [a, b, c, d] = [state[at] ?? 0, state[at + 4] ?? 0, state[at + 8] ?? 0, state[at + 12] ?? 0];
    drawn[generator] = rotate((a + d) | 0, 7) + a;
    const [nextC, nextD] = [c ^ a, d ^ b];
    state[at + 4] = b ^ nextC;
    state[at] = a ^ nextD;
    state[at + 8] = nextC ^ (b << 9);
    state[at + 12] = rotate(nextD, 11);
  }
}

function rotate(word: number, count: number): number {
  return (word << count) | (word >>> (32 - count));
}
