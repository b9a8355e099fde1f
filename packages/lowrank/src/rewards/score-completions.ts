// Calls rewards for many completions: a few at a time, each with a time limit.

import { describeValue, isObject } from "@lowrank/contracts";
import { rewardFailed } from "../errors/run-errors.ts";
import { type RewardChoice, type RewardInput, type RewardValue, weightedRewards } from "./reward.ts";

export interface Scoring {
  readonly reward: RewardChoice;
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
  /** Values by name, without weights; empty for a single reward that is a number. */
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
  const calls = inputs.flatMap((input) =>
    rewards.map((each) => ({
      ...each,
      input,
      failed: (problem: string, cause?: unknown) => rewardFailed({ ...input, reward: each.name, problem, cause }),
    })),
  );
  const stop = new AbortController();
  const stopAll = () => stop.abort(signal?.reason);
  signal?.addEventListener("abort", stopAll, { once: true });
  const values: RewardValue[] = [];
  const waiting = calls.entries();
  const work = async () => {
    for (const [place, call] of waiting) {
      stop.signal.throwIfAborted();
      values[place] = checked(await inTime(call, { timeout, stop: stop.signal }), call);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, calls.length) }, work));
  } finally {
    signal?.removeEventListener("abort", stopAll);
    stop.abort();
  }
  const parts = new Map<string, number[]>();
  const totals = inputs.map(() => 0);
  for (const [place, call] of calls.entries()) {
    const [row, value] = [Math.floor(place / rewards.length), values[place] ?? Number.NaN];
    refuseOtherNames(value, values[place % rewards.length] ?? value, call);
    const named = typeof value === "number" ? [[call.name, value] as const] : Object.entries(value);
    for (const [name, part] of named) {
      const whole = typeof value === "number" || rewards.length === 1 ? name : `${call.name}/${name}`;
      parts.set(whole, [...(parts.get(whole) ?? []), part]);
      totals[row] = (totals[row] ?? 0) + call.weight * part;
    }
  }
  const isPlain = rewards.length === 1 && typeof values[0] === "number";
  return { totals, parts: isPlain ? new Map() : parts };
}

interface Call {
  readonly reward: (input: RewardInput) => unknown;
  readonly input: Omit<RewardInput, "signal">;
  failed(problem: string, cause?: unknown): Error;
}

/** The result of a call, unless it throws, its time is over, or `stop` aborts. */
async function inTime(
  { reward, input, failed }: Call,
  { timeout, stop }: { readonly timeout: number; readonly stop: AbortSignal },
): Promise<unknown> {
  const call = new AbortController();
  let reject: (reason: unknown) => void = () => {};
  const end = (reason: unknown) => {
    reject(reason); // first: what the reward makes of its signal does not count
    call.abort(reason);
  };
  const onStop = () => end(stop.reason);
  stop.addEventListener("abort", onStop, { once: true });
  const timer = setTimeout(() => end(failed(`did not answer within ${timeout} s`)), timeout * 1000);
  const ended = new Promise<never>((_, rejected) => {
    reject = rejected;
  });
  const answer = async () => {
    try {
      return await reward({ ...input, signal: call.signal });
    } catch (cause) {
      throw failed(`threw ${describeValue(cause instanceof Error ? cause.message : cause)}`, cause);
    }
  };
  try {
    return await Promise.race([ended, answer()]);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener("abort", onStop);
  }
}

function checked(value: unknown, { failed }: Call): RewardValue {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const named = isObject(value) ? Object.entries(value) : [];
  const wrong = named.find(([, part]) => typeof part !== "number" || !Number.isFinite(part));
  // All values are finite numbers.
  if (named.length > 0 && wrong === undefined) return value as Readonly<Record<string, number>>;
  const [name, part] = wrong ?? [undefined, value];
  throw failed(`returned ${describeValue(part)}${name === undefined ? "" : ` as ${describeValue(name)}`}`);
}

/** Its metrics would be means of some completions only. */
function refuseOtherNames(value: RewardValue, first: RewardValue, { failed }: Call): void {
  const [found, expected] = [value, first].map((each) =>
    typeof each === "number" ? "a number" : describeValue(Object.keys(each).sort()),
  );
  if (found !== expected) throw failed(`returned ${found} and, for the first completion, ${expected}`);
}
