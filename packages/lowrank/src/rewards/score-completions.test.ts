import { describe, expect, it } from "vitest";
import type { Reward, Rewards } from "./reward.ts";
import { type Scoring, scoreCompletions } from "./score-completions.ts";

const inputs = ["a", "bb", "ccc"].map((completion, row) => ({ prompt: "write", completion, row: { row } }));
const letters: Reward = ({ completion }) => completion.length;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const score = (reward: Rewards, how: Partial<Scoring> = {}) =>
  scoreCompletions(inputs, { reward, timeout: 60, concurrency: 2, ...how });

describe("the rewards of completions", () => {
  it("are a function's numbers in order, whichever call ends first, also if all are equal", async () => {
    const slowFirst: Reward = ({ completion }) => pause(20 - 5 * completion.length).then(() => completion.length);
    expect(await score(slowFirst)).toEqual({ totals: [1, 2, 3], parts: new Map() });
    expect((await score(() => 0.5)).totals).toEqual([0.5, 0.5, 0.5]);
  });

  it("of several functions are their weighted sum, with all values by name", async () => {
    const shape = () => ({ json: 1, short: 2 });
    const both = [{ reward: letters, weight: 0.5 }, { reward: shape }, { reward: letters, weight: -1 }];
    const { totals, parts } = await score(both);
    expect(totals).toEqual([2.5, 2, 1.5]);
    const shapes = { "shape/json": [1, 1, 1], "shape/short": [2, 2, 2] };
    expect(Object.fromEntries(parts)).toEqual({ letters: [1, 2, 3], ...shapes, "letters 2": [1, 2, 3] });
    expect([...(await score(shape)).parts.keys()]).toEqual(["json", "short"]);
    const alike = ["a 2", "a", "a"].map((name) => ({ reward: letters, name }));
    expect([...(await score(alike)).parts.keys()]).toEqual(["a 2", "a", "a 3"]);
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

/** What a program in plain JavaScript may return. */
const returns = (value: unknown) => (() => value) as Reward;

describe("a reward that fails ends the step and is named with the completion and the row, if it", () => {
  it.each([
    ["returned NaN", returns(Number.NaN)],
    ["returned Infinity", returns(Number.POSITIVE_INFINITY)],
    ['returned "good"', returns("good")],
    ["returned nothing", returns(undefined)],
    ["returned [1]", returns([1])],
    ["returned {}", returns({})],
    ['returned "1" as "json"', returns({ json: "1" })],
    ['threw "no judge"', () => Promise.reject("no judge")],
  ])("%s", async (problem, reward) => {
    const end = 'for the completion "a" of the row {"row":0}. A reward must return a finite number';
    const message = expect.stringContaining(`The reward "judge" ${problem} ${end}`);
    await expect(score([{ reward, name: "judge" }])).rejects.toMatchObject({ code: "REWARD_FAILED", message });
  });

  it("returned other names than before", async () => {
    await expect(score(({ completion }) => ({ [completion]: 1 }))).rejects.toThrow('The reward "a" is missing');
  });

  it("threw an error, which is the cause, for a long completion", async () => {
    const cause = new RangeError("too deep");
    const failing = score(() => {
      throw cause;
    });
    await expect(failing).rejects.toMatchObject({ cause });
    const long = [{ prompt: "", completion: "x".repeat(500), row: {} }];
    const scored = scoreCompletions(long, { reward: returns(Number.NaN), timeout: 1, concurrency: 1 });
    await expect(scored).rejects.toThrow(`"${"x".repeat(80)}…" of the row {}`);
  });

  it("hangs: all running calls are aborted", async () => {
    const aborted: string[] = [];
    const hanging: Reward = ({ completion, signal }) =>
      new Promise(() => signal.addEventListener("abort", () => aborted.push(completion)));
    await expect(score(hanging, { timeout: 0.02 })).rejects.toThrow('"hanging" did not answer within 0.02 s');
    expect(aborted.sort()).toEqual(["a", "bb"]);
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
