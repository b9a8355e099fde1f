// Successive halving: every candidate gets a few steps, the better half twice as many, until one is left or the time is up.
// Jamieson and Talwalkar 2016, arXiv 1502.07943.

/** One way to train. */
export interface Candidate {
  readonly learningRate: number;
  readonly rank: number;
}

/** How many candidates are tried, for how many steps each. */
export interface Rung {
  readonly candidates: number;
  readonly steps: number;
}

/** What limits a search. */
export interface SearchLimits {
  /** The defaults first, then their neighbours: if the time is short, the last ones are left out. */
  readonly candidates: readonly Candidate[];
  /** For all trials. */
  readonly seconds: number;
  readonly secondsPerStep: number;
  readonly secondsPerValidation: number;
  /** Of a trial. */
  readonly fewestSteps: number;
  /** Of the run that the best is for: no trial has more. */
  readonly mostSteps: number;
}

/** A candidate that was trained. */
export interface Trial extends Candidate {
  readonly steps: number;
  /** On the validation rows, lower is better; NaN where the training diverged. */
  readonly loss: number;
  /** Whether it diverged or ended clearly above the base's loss. */
  readonly isDropped: boolean;
}

/** A search that is ready to start. */
export interface Search extends SearchLimits {
  /** Before the first step. */
  readonly baseLoss: number;
  /** The loss after so many steps; NaN if it diverged. */
  trial(candidate: Candidate, steps: number): Promise<number>;
  /** Seconds. */
  clock(): number;
}

/** Losses that are closer than this share count as equal, and the candidate nearer to the defaults is the better one. */
export const tolerance = 0.01;

/** The rungs that fit the time, with as many candidates and then as many steps as possible; none if two candidates do not fit. */
export function planRungs(limits: SearchLimits): readonly Rung[] {
  const { candidates, seconds, secondsPerStep, fewestSteps, mostSteps } = limits;
  for (let count = candidates.length; count > 1; count -= 1) {
    const affordable = Math.floor(seconds / (count * secondsPerStep));
    for (let steps = Math.min(mostSteps, affordable); steps >= fewestSteps; steps -= 1) {
      const rungs = rungsFrom({ candidates: count, steps }, mostSteps);
      if (searchSeconds(rungs, limits) <= seconds) return rungs;
    }
  }
  return [];
}

/** How long the rungs take if no candidate is dropped. */
export function searchSeconds(
  rungs: readonly Rung[],
  { secondsPerStep, secondsPerValidation }: Pick<SearchLimits, "secondsPerStep" | "secondsPerValidation">,
): number {
  return rungs.reduce(
    (sum, { candidates, steps }) => sum + candidates * (steps * secondsPerStep + secondsPerValidation),
    0,
  );
}

/** Trains the candidates of each rung, the best of the last one first, and yields each result. */
export async function* halve(
  rungs: readonly Rung[],
  { candidates, secondsPerValidation, seconds, baseLoss, trial, clock, ...search }: Search,
): AsyncGenerator<Trial, void, undefined> {
  const end = clock() + seconds;
  let { secondsPerStep } = search;
  let left = candidates;
  for (const { candidates: count, steps } of rungs) {
    const trials: Trial[] = [];
    for (const { learningRate, rank } of left.slice(0, count)) {
      const begun = clock();
      if (begun + steps * secondsPerStep + secondsPerValidation > end) return;
      const loss = await trial({ learningRate, rank }, steps);
      secondsPerStep = Math.max(0, clock() - begun - secondsPerValidation) / steps;
      const made = { learningRate, rank, steps, loss, isDropped: !(loss <= allowed(baseLoss)) };
      yield made;
      if (!made.isDropped) trials.push(made);
    }
    left = bestFirst(trials, candidates);
    if (left.length < 2) return;
  }
}

/** The last trials of all candidates, the best first: those that were trained longest, then by loss; dropped ones at the end. */
export function rankTrials(trials: readonly Trial[], candidates: readonly Candidate[]): readonly Trial[] {
  const last = candidates.flatMap((candidate) => trials.filter((trial) => isSame(trial, candidate)).at(-1) ?? []);
  const kept = last.filter(({ isDropped }) => !isDropped);
  const lengths = [...new Set(kept.map(({ steps }) => steps))].sort((one, other) => other - one);
  const ofLength = (length: number) => kept.filter(({ steps }) => steps === length);
  return [
    ...lengths.flatMap((length) => bestFirst(ofLength(length), candidates)),
    ...last.filter(({ isDropped }) => isDropped),
  ];
}

/** By loss; of equal ones the candidate that comes first. */
function bestFirst(trials: readonly Trial[], candidates: readonly Candidate[]): readonly Trial[] {
  const left = candidates.flatMap((candidate) => trials.find((trial) => isSame(trial, candidate)) ?? []);
  return trials.flatMap(() => {
    const limit = allowed(Math.min(...left.map(({ loss }) => loss)));
    return left.splice(
      left.findIndex(({ loss }) => loss <= limit),
      1,
    );
  });
}

function allowed(loss: number): number {
  return loss + tolerance * Math.abs(loss);
}

function isSame(one: Candidate, other: Candidate): boolean {
  return one.learningRate === other.learningRate && one.rank === other.rank;
}

/** Twice the steps for half the candidates, until one is left or a trial is as long as the whole run. */
function rungsFrom(first: Rung, mostSteps: number): readonly Rung[] {
  const rungs = [first];
  for (let { candidates, steps } = first; candidates > 3 && steps < mostSteps; ) {
    candidates = Math.floor(candidates / 2);
    steps = Math.min(2 * steps, mostSteps);
    rungs.push({ candidates, steps });
  }
  return rungs;
}
