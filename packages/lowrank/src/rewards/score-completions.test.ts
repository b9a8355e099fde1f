import { describe, expect, it } from "vitest";
import type { Reward, RewardChoice } from "./reward.ts";
import { scoreCompletions } from "./score-completions.ts";

const inputs = ["a", "bb", "ccc"].map((completion, row) => ({ prompt: "write", completion, row: { row } }));
const letters: Reward = ({ completion }) => completion.length;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function score(reward: RewardChoice, how: { readonly timeout?: number; readonly signal?: AbortSignal } = {}) {
  return scoreCompletions(inputs, { reward, timeout: 60, concurrency: 2, ...how });
}

/** A value that the types forbid, as plain JavaScript returns it. */
function returns(value: unknown): Reward {
  return () => value as number;
}

describe("the rewards of completions", () => {
  it("are a function's numbers, in order, whichever call ends first", async () => {
    const slowFirst: Reward = async ({ completion }) => {
      await pause(20 - 5 * completion.length);
      return completion.length;
    };
    expect(await score(slowFirst)).toEqual({ totals: [1, 2, 3], parts: new Map() });
  });

  it("of several functions are their weighted sum, with each one's values by name", async () => {
    const shape = () => ({ json: 1, short: 2 });
    const both = [{ reward: letters, weight: 0.5 }, { reward: shape }, { reward: letters, weight: -1 }];
    const { totals, parts } = await score(both);
    expect(totals).toEqual([2.5, 2, 1.5]);
    expect(Object.fromEntries(parts)).toEqual({
      ...{ letters: [1, 2, 3], "shape/json": [1, 1, 1], "shape/short": [2, 2, 2], "letters 2": [1, 2, 3] },
    });
  });

  it("of one function with names are the sum of its numbers", async () => {
    const { totals, parts } = await score(({ row }) => ({ row: Number(row.row), one: 1 }));
    expect([totals, parts.get("row")]).toEqual([
      [1, 2, 3],
      [0, 1, 2],
    ]);
  });

  it("are computed a few at a time", async () => {
    let [running, most] = [0, 0];
    await score(async () => {
      most = Math.max(most, ++running);
      await pause(1);
      return running--;
    });
    expect(most).toBe(2);
  });
});

describe("a reward that fails ends the step, with an error that names it, the completion and the row:", () => {
  it.each([
    ["NaN", returns(Number.NaN), "returned NaN"],
    ["infinity", returns(Number.POSITIVE_INFINITY), "returned Infinity"],
    ["a text", returns("good"), 'returned "good"'],
    ["nothing", returns(undefined), "returned nothing"],
    ["null", returns(null), "returned null"],
    ["an empty record", returns({}), "returned {}"],
    ["a list", returns([1]), "returned [1]"],
    ["a record with a text", returns({ json: "1" }), 'returned "1" as "json"'],
    ["an error", returns(undefined).call.bind(() => JSON.parse("{")), "threw "],
    ["a promise that is rejected", () => Promise.reject("no judge"), 'threw "no judge"'],
    ["other names", ({ completion }: { completion: string }) => ({ [completion]: 1 }), 'returned ["bb"] and, for'],
  ] as const)("%s", async (_, judge, problem) => {
    const failing = score([{ reward: judge as Reward, name: "judge" }]);
    await expect(failing).rejects.toMatchObject({
      code: "REWARD_FAILED",
      message: expect.stringMatching(
        /^The reward "judge" (returned|threw) .* for the completion "(a|bb)" of the row \{"row":\d\}\./,
      ),
    });
    await expect(failing).rejects.toThrow(`The reward "judge" ${problem}`);
  });

  it("with the cause, and the beginning of a long completion", async () => {
    const cause = new RangeError("too deep");
    const long = [{ prompt: "", completion: "x".repeat(500), row: {} }];
    const thrower = () => {
      throw cause;
    };
    const failing = scoreCompletions(long, { reward: thrower, timeout: 1, concurrency: 1 });
    await expect(failing).rejects.toMatchObject({ cause, completion: "x".repeat(500) });
    await expect(failing).rejects.toThrow(`"${"x".repeat(80)}…" of the row {}`);
  });

  it("one that hangs, after the time limit, whose signal tells all running calls", async () => {
    const aborted: string[] = [];
    const hanging: Reward = ({ completion, signal }) =>
      new Promise(() => signal.addEventListener("abort", () => aborted.push(completion)));
    await expect(score(hanging, { timeout: 0.02 })).rejects.toThrow('"hanging" did not answer within 0.02 s');
    expect(aborted.sort()).toEqual(["a", "bb"]);
  });

  it("not one that answers in time, however many wait before it", async () => {
    const steady: Reward = async () => {
      await pause(30);
      return 1;
    };
    expect((await score(steady, { timeout: 0.05 })).totals).toEqual([1, 1, 1]);
  });
});

it("a run that stops aborts the calls, starts no others and keeps its reason", async () => {
  const stop = new AbortController();
  let calls = 0;
  const endless: Reward = () => {
    calls += 1;
    stop.abort("Ctrl-C");
    return new Promise(() => {});
  };
  await expect(score(endless, { signal: stop.signal })).rejects.toBe("Ctrl-C");
  await expect(score(endless, { signal: stop.signal })).rejects.toBe("Ctrl-C");
  expect(calls).toBe(1);
});

it("a reward that always gives the same number is no failure: its group is left out by the loss", async () => {
  expect((await score(() => 0.5)).totals).toEqual([0.5, 0.5, 0.5]);
});
