// The factors of dropout as a function of a key: the same on every engine, for any part of a tensor.

import { uniformValues } from "../draw.ts";
import { type DrawKey, hashKey } from "../hash-key.ts";
import { drawByLoops } from "./draw-by-loops.ts";
import { maskKernel } from "./mask-kernel.ts";
import { type MaskPlan, planMask } from "./plan-mask.ts";
import { segmentSize } from "./segments.ts";

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
