// Steps before anything counts. Libraries make and cache their kernels during the first ones: after two steps, PEFT in bf16
// was measured at 1 178 ms where it takes 631.

import { median } from "../rounding.ts";

/** Without the first step, in which torch.compile may take minutes. */
const maxMilliseconds = 90_000;

export interface WarmUpLimits {
  /** The fewest steps. */
  readonly warmUp: number;
  /** The most, if they are never steady. Default 40. */
  readonly maxWarmUp?: number;
}

export interface WarmUp {
  /** Median of the last three steps. */
  readonly milliseconds: number;
  readonly steps: number;
  /** Whether the last three took the same time within 5 %. */
  readonly isSteady: boolean;
}

/** Makes steps until they are steady, at least three. Gives up after 90 seconds, or as many steps as `maxWarmUp`. */
export async function warmUp(
  step: () => Promise<number>,
  { warmUp: minSteps, maxWarmUp: maxSteps = 40 }: WarmUpLimits,
): Promise<WarmUp> {
  const times: number[] = [];
  for (;;) {
    const last = times.slice(-3);
    const spent = times.slice(1).reduce((sum, time) => sum + time, 0);
    const isSteady = Math.max(...last) <= 1.05 * Math.min(...last);
    const isEnough = isSteady || times.length >= maxSteps || spent >= maxMilliseconds;
    if (times.length >= Math.max(minSteps, 3) && isEnough)
      return { milliseconds: median(last), steps: times.length, isSteady };
    times.push(await step());
  }
}
