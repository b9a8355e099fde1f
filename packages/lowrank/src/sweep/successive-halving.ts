// Successive halving (Jamieson and Talwalkar 2016, arXiv 1502.07943): every candidate gets a few steps, the better half twice as
// many, until one is left or the time is up.

export interface Candidate {
  readonly learningRate: number;
  readonly rank: number;
}

export interface Rung {
  readonly candidates: number;
  readonly steps: number;
}

export interface Trial extends Candidate {
  readonly steps: number;
  /** On the validation rows, lower is better; NaN where training diverged. */
  readonly loss: number;
  /** Whether it diverged or ended clearly above the base's loss. */
  readonly isDropped: boolean;
}

export interface Search {
  /** The defaults first, then the nearest candidates: if time is short, the last ones are left out. */
  readonly candidates: readonly Candidate[];
  /** For all trials. */
  readonly seconds: number;
  readonly secondsPerStep: number;
  readonly secondsPerValidation: number;
  /** Minimum number of steps of a trial. */
  readonly fewestSteps: number;
  /** Steps of the final run: no trial has more. */
  readonly maxSteps: number;
  /** Before the first step. */
  readonly baseLoss: number;
  /** Losses within this margin count as equal: then the first candidate is better. */
  margin(loss: number): number;
}

/** The rungs that fit the time, with as many candidates and then as many steps as possible; none if two candidates do not fit. */
export function planRungs(search: Search): readonly Rung[] {
  const { candidates, seconds, secondsPerStep, fewestSteps, maxSteps } = search;
  for (let count = candidates.length; count > 1; count -= 1) {
    const affordable = Math.floor(seconds / (count * secondsPerStep));
    for (let steps = Math.min(maxSteps, affordable); steps >= fewestSteps; steps -= 1) {
      const rungs = rungsFrom({ candidates: count, steps }, maxSteps);
      if (searchSeconds(rungs, search) <= seconds) return rungs;
    }
  }
  return [];
}

/** Twice the steps for half the candidates, until one is left or a trial is as long as the whole run. */
function rungsFrom(first: Rung, maxSteps: number): readonly Rung[] {
  const { candidates, steps } = first;
  if (candidates < 4 || steps >= maxSteps) return [first];
  const next = { candidates: Math.floor(candidates / 2), steps: Math.min(2 * steps, maxSteps) };
  return [first, ...rungsFrom(next, maxSteps)];
}

/** How long the rungs take if no candidate is dropped. */
export function searchSeconds(
  rungs: readonly Rung[],
  { secondsPerStep, secondsPerValidation }: Pick<Search, "secondsPerStep" | "secondsPerValidation">,
): number {
  const times = rungs.map(({ candidates, steps }) => candidates * (steps * secondsPerStep + secondsPerValidation));
  return times.reduce((sum, time) => sum + time, 0);
}

/** Trains the candidates of each rung, the best of the last one first, and yields each result. */
export async function* halve(
  rungs: readonly Rung[],
  search: Search,
  { trial, clock }: { trial(candidate: Candidate, steps: number): Promise<number>; clock(): number },
): AsyncGenerator<Trial, void, undefined> {
  const { secondsPerValidation, baseLoss, margin } = search;
  const end = clock() + search.seconds;
  let { secondsPerStep, candidates: left } = search;
  for (const { candidates: count, steps } of rungs) {
    const trials: Trial[] = [];
    for (const { learningRate, rank } of left.slice(0, count)) {
      const begun = clock();
      if (begun + steps * secondsPerStep + secondsPerValidation > end) return;
      const loss = await trial({ learningRate, rank }, steps);
      secondsPerStep = Math.max(0, clock() - begun - secondsPerValidation) / steps;
      const finished = { learningRate, rank, steps, loss, isDropped: !(loss <= baseLoss + margin(baseLoss)) };
      yield finished;
      if (!finished.isDropped) trials.push(finished);
    }
    left = bestFirst(trials, search);
    if (left.length < 2) return;
  }
}

/** The last trials of all candidates, the best first: by number of steps, then by loss; dropped ones at the end. */
export function rankTrials(trials: readonly Trial[], search: Search): readonly Trial[] {
  const last = search.candidates.flatMap((candidate) => trials.filter((trial) => isSame(trial, candidate)).slice(-1));
  const alive = last.filter(({ isDropped }) => !isDropped);
  const lengths = [...new Set(alive.map(({ steps }) => steps))].sort((one, other) => other - one);
  const sorted = lengths.map((length) => alive.filter(({ steps }) => steps === length));
  return [...sorted.flatMap((group) => bestFirst(group, search)), ...last.filter(({ isDropped }) => isDropped)];
}

/**
 * The values for the whole run. Short trials favour high rates; the best rate falls with about the third root of the steps (Bjorck et
 * al. 2025, arXiv 2409.19913). A rate above the default is lowered so, but not below the default.
 */
export function forWholeRun({ learningRate, rank, steps }: Trial, { candidates, maxSteps }: Search): Candidate {
  const standard = candidates[0]?.learningRate ?? learningRate;
  const lowered = Number((learningRate * Math.cbrt(steps / maxSteps)).toPrecision(2));
  return { learningRate: Math.min(learningRate, Math.max(standard, lowered)), rank };
}

/** By loss; among equal losses the first candidate. */
function bestFirst(trials: readonly Trial[], { candidates, margin }: Search): readonly Trial[] {
  const left = candidates.flatMap((candidate) => trials.filter((trial) => isSame(trial, candidate)));
  return trials.flatMap(() => {
    const lowest = Math.min(...left.map(({ loss }) => loss));
    return left.splice(
      left.findIndex(({ loss }) => loss <= lowest + margin(lowest)),
      1,
    );
  });
}

function isSame(one: Candidate, other: Candidate): boolean {
  return one.learningRate === other.learningRate && one.rank === other.rank;
}
