import { describe, expect, it } from "vitest";
import { halve, planRungs, rankTrials, type Search, searchSeconds, type Trial } from "./successive-halving.ts";

const rates = [5, 10, 2.5, 20, 1.25]; // the default first
const candidates = [8, 16].flatMap((rank) => rates.map((learningRate) => ({ learningRate, rank })));

/** A search whose trials take the time that was measured; a rate of 10 is best, 20 diverges. */
function search(changes: Partial<Search> = {}): { readonly limits: Search; readonly asked: () => readonly string[] } {
  const asked: string[] = [];
  let now = 0;
  const trial = async ({ learningRate, rank }: { learningRate: number; rank: number }, steps: number) => {
    asked.push(`${learningRate}/${rank} ${steps}`);
    now += steps + 2;
    if (learningRate === 20) return Number.NaN;
    return learningRate === 1.25 ? 9 : Math.abs(learningRate - 10) + rank / 100 - steps / 1000;
  };
  const times = { seconds: 400, secondsPerStep: 1, secondsPerValidation: 2 };
  const limits = {
    candidates,
    ...times,
    fewestSteps: 8,
    mostSteps: 1000,
    baseLoss: 8,
    trial,
    clock: () => now,
    ...changes,
  };
  return { limits, asked: () => asked };
}

async function trialsOf(limits: Search): Promise<readonly Trial[]> {
  const trials: Trial[] = [];
  for await (const trial of halve(planRungs(limits), limits)) trials.push(trial);
  return trials;
}

describe("planRungs", () => {
  it("halves the candidates and doubles the steps, as many as the time allows", () => {
    const { limits } = search();
    const rungs = planRungs(limits);
    expect(rungs).toEqual([
      { candidates: 10, steps: 13 },
      { candidates: 5, steps: 26 },
      { candidates: 2, steps: 52 },
    ]);
    expect(searchSeconds(rungs, limits)).toBe(398);
  });

  it("leaves out the last candidates before a trial gets fewer than 8 steps, and needs two", () => {
    expect(planRungs(search({ seconds: 100 }).limits)).toEqual([
      { candidates: 5, steps: 9 },
      { candidates: 2, steps: 18 },
    ]);
    expect(planRungs(search({ seconds: 19 }).limits)).toEqual([]);
    expect(planRungs(search({ seconds: 20 }).limits)).toEqual([{ candidates: 2, steps: 8 }]);
  });

  it("never trains longer than the run itself", () => {
    expect(planRungs(search({ fewestSteps: 5, mostSteps: 5 }).limits)).toEqual([{ candidates: 10, steps: 5 }]);
    const steps = planRungs(search({ mostSteps: 40 }).limits).map((rung) => rung.steps);
    expect(steps).toEqual([14, 28, 40]);
  });
});

describe("halve", () => {
  it("trains the better half on, drops what diverges or is worse than the base, and ends with the best", async () => {
    const { limits, asked } = search();
    const trials = await trialsOf(limits);
    expect(asked().slice(10)).toEqual(["10/8 26", "10/16 26", "5/8 26", "5/16 26", "2.5/8 26", "10/8 52", "10/16 52"]);
    const dropped = trials.filter(({ isDropped }) => isDropped).map(({ learningRate }) => learningRate);
    expect(dropped).toEqual([20, 1.25, 20, 1.25]);
    expect(rankTrials(trials, candidates)[0]).toMatchObject({ learningRate: 10, rank: 8, steps: 52 });
  });

  it("takes losses within 1 % for equal, to each other and to the base: the candidate nearer to the defaults wins", async () => {
    const loss = new Map(
      [5, 10, 2.5, 20, 1.25].map((rate, place) => [rate, [1, 0.9901, 1.0099, 0.97, 1.02][place] ?? 0]),
    );
    const trial = async ({ learningRate }: { learningRate: number }) => loss.get(learningRate) ?? 0;
    const near = search({ candidates: candidates.slice(0, 3), baseLoss: 1, trial }).limits;
    expect(rankTrials(await trialsOf(near), candidates).map(({ learningRate }) => learningRate)).toEqual([5, 10, 2.5]);
    const all = search({ candidates: candidates.slice(0, 5), baseLoss: 1, trial, mostSteps: 8 }).limits;
    const ranked = rankTrials(await trialsOf(all), candidates);
    expect(ranked.map(({ learningRate }) => learningRate)).toEqual([20, 5, 10, 2.5, 1.25]);
    expect(ranked.map(({ isDropped }) => isDropped)).toEqual([false, false, false, false, true]);
  });

  it("stops where the next trial would end after the time, by what the last one took", async () => {
    const { limits } = search();
    let now = 0;
    const trial = (...[candidate, steps]: Parameters<Search["trial"]>) => {
      now += 3 * steps + 2;
      return limits.trial(candidate, steps);
    };
    const trials = await trialsOf({ ...limits, trial, clock: () => now });
    expect(trials).toHaveLength(9); // of 41 seconds each, in 400
    expect(rankTrials(trials, candidates)[0]).toMatchObject({ learningRate: 10, rank: 8, steps: 13 });
  });

  it("has no winner where every candidate is dropped", async () => {
    const trials = await trialsOf(search({ baseLoss: -1 }).limits);
    expect(trials).toHaveLength(10);
    expect(rankTrials(trials, candidates).every(({ isDropped }) => isDropped)).toBe(true);
  });
});
