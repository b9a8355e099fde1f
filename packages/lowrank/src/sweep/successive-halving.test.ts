import { describe, expect, it } from "vitest";
import {
  type Candidate,
  forWholeRun,
  halve,
  planRungs,
  rankTrials,
  type Search,
  searchSeconds,
} from "./successive-halving.ts";

const rates = [5, 10, 2.5, 20, 1.25]; // the default first
const candidates = [8, 16].flatMap((rank) => rates.map((learningRate) => ({ learningRate, rank })));
const times = { seconds: 400, secondsPerStep: 1, secondsPerValidation: 2 };
const limits = { candidates, ...times, fewestSteps: 8, maxSteps: 1000, baseLoss: 8 };
const searchOf = (changes: Partial<Search> = {}): Search => ({ ...limits, margin: (loss) => loss / 100, ...changes });

/** A rate of 10 is best, 20 diverges, 1.25 harms. */
function lossOf({ learningRate, rank }: Candidate): number {
  if (learningRate === 20) return Number.NaN;
  return learningRate === 1.25 ? 9 : Math.abs(learningRate - 10) + rank / 100;
}

/** All trials as "rate/rank steps", and the order at the end. */
async function made(search: Search, { loss = lossOf, secondsPerStep = 1 } = {}) {
  let now = 0;
  const trial = async (candidate: Candidate, steps: number) => {
    now += secondsPerStep * steps + 2;
    return loss(candidate);
  };
  const trials = [];
  for await (const one of halve(planRungs(search), search, { trial, clock: () => now })) trials.push(one);
  const ranked = rankTrials(trials, search);
  return { trials: trials.map(({ learningRate, rank, steps }) => `${learningRate}/${rank} ${steps}`), ranked };
}

describe("planRungs", () => {
  const rungsOf = (changes: Partial<Search>) =>
    planRungs(searchOf(changes)).map(({ candidates: count, steps }) => [count, steps]);

  it("halves the candidates and doubles the steps, as often as the time allows", () => {
    expect(rungsOf({})).toEqual([[10, 13], [5, 26], [2, 52]]); // biome-ignore format: a line says it better
    expect(searchSeconds(planRungs(searchOf()), searchOf())).toBe(398);
  });

  it("leaves out the last candidates before a trial gets too few steps, and needs two", () => {
    expect(rungsOf({ seconds: 100 })).toEqual([[5, 9], [2, 18]]); // biome-ignore format: a line says it better
    expect(rungsOf({ seconds: 20 })).toEqual([[2, 8]]);
    expect(rungsOf({ seconds: 19 })).toEqual([]);
  });

  it("never trains longer than the run itself", () => {
    expect(rungsOf({ fewestSteps: 5, maxSteps: 5 })).toEqual([[10, 5]]);
    expect(rungsOf({ maxSteps: 40 })).toEqual([[10, 14], [5, 28], [2, 40]]); // biome-ignore format: a line says it better
  });
});

it("lowers a rate above the default for a run that is longer than its trial, not below the default", () => {
  const rateFor = (learningRate: number, steps: number) => {
    const trial = { learningRate, rank: 8, steps, loss: 1, isDropped: false };
    return forWholeRun(trial, searchOf()).learningRate; // of 1000 steps, by default at 5
  };
  expect([rateFor(20, 125), rateFor(20, 1000), rateFor(10, 8), rateFor(5, 8), rateFor(2.5, 8)]).toEqual([
    10, 20, 5, 5, 2.5,
  ]);
});

describe("halve", () => {
  it("continues the better half, drops diverged candidates and those worse than the base, and ends with the best", async () => {
    const { trials, ranked } = await made(searchOf());
    expect(trials.slice(10)).toEqual(["10/8 26", "10/16 26", "5/8 26", "5/16 26", "2.5/8 26", "10/8 52", "10/16 52"]);
    expect(ranked[0]).toMatchObject({ learningRate: 10, rank: 8, steps: 52 });
    expect(ranked.slice(6).map(({ learningRate }) => learningRate)).toEqual([20, 1.25, 20, 1.25]);
  });

  it("treats losses within the margin as equal, to each other and to the base: the first candidate wins", async () => {
    const losses = new Map([[5, 0.98], [10, 0.9703], [2.5, 1.0099], [20, 0.9701], [1.25, 1.02]]); // biome-ignore format: a table
    const near = searchOf({ candidates: candidates.slice(0, 5), baseLoss: 1, maxSteps: 8 });
    const { ranked } = await made(near, { loss: ({ learningRate }) => losses.get(learningRate) ?? 0 });
    expect(ranked.map(({ learningRate }) => learningRate)).toEqual([10, 20, 5, 2.5, 1.25]);
    expect(ranked.map(({ isDropped }) => isDropped)).toEqual([false, false, false, false, true]);
  });

  it("stops if the next trial would exceed the time, judged by the last one", async () => {
    const { trials } = await made(searchOf(), { secondsPerStep: 3 });
    expect(trials).toHaveLength(9); // of 41 seconds each, in 400
  });
});
