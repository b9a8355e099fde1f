// Calls rewards for many completions: a few at a time, each with a time limit.

import { describeValue, isObject } from "@lowrank/contracts/internal";
import { rewardFailed } from "../errors/run-errors.ts";
import { type RewardInput, type Rewards, weightedRewards } from "./reward.ts";

export interface Scoring {
  readonly reward: Rewards;
  /** Seconds for each call. */
  readonly timeout: number;
  /** Maximum number of calls at a time. */
  readonly concurrency: number;
  readonly signal?: AbortSignal | undefined;
}

/** Rewards in the order of the completions. */
export interface Scores {
  /** Weighted sums. */
  readonly totals: readonly number[];
  /** Values by name, without weights; empty for a single number. */
  readonly parts: ReadonlyMap<string, readonly number[]>;
}

/**
 * The rewards of completions. After a failure the other calls are aborted; the result of a call that ignores its signal is
 * dropped. Nothing can stop a reward that computes without end and never awaits. Throws REWARD_FAILED, and the signal's reason.
 */
export async function scoreCompletions(
  inputs: readonly Omit<RewardInput, "signal">[],
  { reward, timeout, concurrency, signal }: Scoring,
): Promise<Scores> {
  signal?.throwIfAborted();
  const rewards = weightedRewards(reward);
  const totals = inputs.map(() => 0);
  const parts = new Map<string, number[]>();
  // The calls that have not returned. One signal for all of them would have too many listeners.
  const running: RunningCalls = new Set();
  let ended: { readonly reason: unknown } | undefined;
  const endAll = (reason: unknown) => {
    ended = { reason };
    for (const end of running) end(reason);
  };
  const stopAll = () => endAll(signal?.reason);
  signal?.addEventListener("abort", stopAll, { once: true });
  const waiting = inputs.entries();
  const work = async () => {
    for (const [row, input] of waiting)
      for (const { reward, name, weight } of rewards) {
        if (ended !== undefined) throw ended.reason;
        const failed: Failed = (problem, cause) => rewardFailed({ ...input, reward: name, problem, cause });
        const call = (signal: AbortSignal) => reward({ ...input, signal });
        const value = await inTime(call, { timeout, running, failed });
        for (const [part, number] of numbersIn(value, failed)) {
          const whole = part === undefined ? name : rewards.length === 1 ? part : `${name}/${part}`;
          const values = parts.get(whole) ?? [];
          parts.set(whole, values);
          values[row] = number;
          totals[row] = (totals[row] ?? 0) + weight * number;
        }
      }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, inputs.length) }, work));
  } finally {
    signal?.removeEventListener("abort", stopAll);
    endAll(new DOMException("Another reward failed.", "AbortError"));
  }
  for (const [name, values] of parts)
    for (const [row, input] of inputs.entries())
      if (values[row] === undefined)
        throw rewardFailed({ ...input, reward: name, problem: "is missing, and other completions have it," });
  return { totals, parts: parts.size > 1 ? parts : new Map() };
}

type Failed = (problem: string, cause?: unknown) => Error;

/** Functions that end the running calls. */
type RunningCalls = Set<(reason: unknown) => void>;

/** The result of a call, unless it throws, its time is over, or all calls end. */
async function inTime(
  call: (signal: AbortSignal) => unknown,
  { timeout, running, failed }: { readonly timeout: number; readonly running: RunningCalls; readonly failed: Failed },
): Promise<unknown> {
  const controller = new AbortController();
  let reject: (reason: unknown) => void = () => {};
  const ended = new Promise<never>((_, rejected) => {
    reject = rejected;
  });
  const end = (reason: unknown) => {
    reject(reason); // first: what the reward makes of its signal does not count
    controller.abort(reason);
  };
  running.add(end);
  const timer = setTimeout(() => end(failed(`did not answer within ${timeout} s`)), timeout * 1000);
  const answer = async () => {
    try {
      return await call(controller.signal);
    } catch (cause) {
      throw failed(`threw ${describeValue(cause instanceof Error ? cause.message : cause)}`, cause);
    }
  };
  try {
    return await Promise.race([ended, answer()]);
  } finally {
    clearTimeout(timer);
    running.delete(end);
  }
}

/** A number without a name, or numbers with their names. */
function numbersIn(value: unknown, failed: Failed): readonly (readonly [name: string | undefined, value: number])[] {
  const all = isObject(value) ? Object.entries(value) : [[undefined, value] as const];
  if (all.length === 0) throw failed("returned {}");
  return all.map(([name, part]) => {
    if (typeof part === "number" && Number.isFinite(part)) return [name, part];
    throw failed(`returned ${describeValue(part)}${name === undefined ? "" : ` as ${describeValue(name)}`}`);
  });
}
