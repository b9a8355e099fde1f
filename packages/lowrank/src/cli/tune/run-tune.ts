// lowrank tune: a search by trials, then the best one trained as `lowrank train` would.

import { interruptedError } from "../../errors/run-errors.ts";
import { UsageError } from "../../errors/usage-errors.ts";
import type { MetricName, RowMetrics } from "../../metric-names.ts";
import { trainingOptions } from "../../recipe/recipe.ts";
import { checkCombinations } from "../../recipe/run/check-combinations.ts";
import { claimFolder } from "../../recipe/run/train-in-folder.ts";
import { type Candidate, halve, planRungs, type Search, type Trial } from "../../sweep/successive-halving.ts";
import { settled } from "../../train/training-options.ts";
import { type WithBase, withBase } from "../base-for.ts";
import { sourceContext } from "../open-model.ts";
import { measureSteps, median } from "../plan/measure-steps.ts";
import { withoutFolder } from "../plan/prepare-plan.ts";
import type { Report } from "../terminal/report.ts";
import { runTrain, type TrainOptions, trainInto } from "../train/run-train.ts";
import { asLoss, printPlan, printRanking, printTrial } from "./report-search.ts";
import { candidatesOf, isRankOpen, openTrials, type Trials, tryOut, withCandidate } from "./trials.ts";

export interface TuneOptions extends TrainOptions {
  readonly minutes: number;
}

/** Searches and trains. Throws INTERRUPTED after Ctrl-C, a UsageError if nothing is open or nothing can be compared. */
export async function runTune({ minutes, ...requested }: TuneOptions, report: Report): Promise<void> {
  if (requested.resume === true) return runTrain(requested, report); // the search is over, and the run knows its values
  checkCombinations(requested);
  if ([...requested.data, ...(requested.validation ?? [])].includes("-"))
    throw new UsageError("tune reads the rows twice, but standard input can be read only once. Name a file.");
  const options = await withBase(requested, report);
  const folder = await claimFolder(options, { overwrite: options.overwrite }, sourceContext(report));
  try {
    const found = await search(options, minutes, report);
    await trainInto({ options: found, folder, report, communicator: undefined });
  } finally {
    await folder.release();
  }
}

/** The options with the best values; unchanged if the search found none. */
async function search(
  options: WithBase<TrainOptions>,
  minutes: number,
  report: Report,
): Promise<WithBase<TrainOptions>> {
  const interrupt = new AbortController();
  const trials = await openTrials(options, report);
  const stopListening = report.io.onInterrupt(() => interrupt.abort());
  try {
    const best = await findBest(trials, { options, minutes, signal: interrupt.signal }, report);
    if (interrupt.signal.aborted) throw interruptedError(stopped(best, options));
    return best === undefined ? options : withCandidate(options, best, trials);
  } finally {
    stopListening();
    trials.dispose();
  }
}

interface SearchOptions {
  readonly options: TrainOptions;
  readonly minutes: number;
  readonly signal: AbortSignal;
}

async function findBest(
  trials: Trials,
  { options, minutes, signal }: SearchOptions,
  report: Report,
): Promise<Candidate | undefined> {
  const { training, adapter } = trials;
  const candidates = candidatesOf(trials, options);
  const loop = { ...trainingOptions(options, withoutFolder), signal };
  const atStart = { evalAtStart: true, evalEvery: training.totalSteps };
  const { steps, validations } = await measureSteps(adapter, training, { ...loop, ...atStart });
  const [secondsPerStep, [validation]] = [median(steps.map(({ seconds }) => seconds)), validations];
  const { bestBy: by } = settled(training, loop);
  const lossOf = (metrics: RowMetrics | undefined) => asLoss(metrics?.[by] ?? Number.NaN, by);
  const limits: Search = {
    candidates,
    seconds: minutes * 60,
    secondsPerStep,
    secondsPerValidation: validation?.seconds ?? 0,
    fewestSteps: fewestSteps(training),
    maxSteps: training.totalSteps,
    baseLoss: lossOf(validation?.metrics),
    margin: marginOf(by, training.validation.length),
  };
  const rungs = planRungs(limits);
  printPlan(rungs, { search: limits, trials, by }, report);
  const total = rungs.reduce((sum, rung) => sum + rung.candidates * rung.steps, 0);
  // A log has a line for each trial, which is enough.
  const count = report.lastLine.isWatched ? report.count?.({ what: "search: step", total }) : undefined;
  const trial = async (candidate: Candidate, steps: number) => {
    const how = { steps, signal, onStep: () => count?.add(1) };
    return lossOf(await tryOut(trials, withCandidate(options, candidate, trials), how));
  };
  const done: Trial[] = [];
  try {
    for await (const finished of halve(rungs, limits, { trial, clock: () => performance.now() / 1000 })) {
      if (signal.aborted) break;
      done.push(finished);
      printTrial(finished, by, report);
    }
  } finally {
    count?.stop();
  }
  return printRanking(done, { search: limits, by }, report);
}

/** An eighth of the default number of steps is enough to compare; a new head learns later than a language model. */
function fewestSteps({ totalSteps, defaults }: Trials["training"]): number {
  return Math.min(totalSteps, Math.ceil(defaults.minSteps / 8));
}

/** One standard error of a share of rows that are right, else 1 %. */
function marginOf(by: MetricName, rows: number): Search["margin"] {
  if (by !== "accuracy") return (loss) => Math.abs(loss) / 100;
  return (loss) => Math.sqrt((-loss * (1 + loss)) / rows);
}

function stopped(best: Candidate | undefined, options: TrainOptions): string {
  if (best === undefined) return "Stopped during the search, before a trial was over; nothing was written.";
  const { learningRate, rank } = best;
  const flags = `--learning-rate ${learningRate}${isRankOpen(options) ? ` --rank ${rank}` : ""}`;
  return (
    `Stopped during the search; nothing was written. The best so far: learning rate ${learningRate}, rank ${rank}.\n` +
    `To train with it, use lowrank train with the same options and ${flags}.`
  );
}
