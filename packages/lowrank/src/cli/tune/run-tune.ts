// lowrank tune: a search by trials, then the best one trained as `lowrank train` would.

import { InterruptedError } from "../../errors/run-errors.ts";
import { UsageError } from "../../errors/usage-errors.ts";
import { type MetricName, metricFacts, type RowMetrics } from "../../evaluate/metric-names.ts";
import { trainingOptions } from "../../recipe/recipe.ts";
import { checkChoices } from "../../recipe/run/check-choices.ts";
import { claimFolder } from "../../recipe/run/recipe-run.ts";
import { type Candidate, halve, planRungs, rankTrials, type Trial } from "../../sweep/successive-halving.ts";
import { type WithBase, withBase } from "../base-for.ts";
import { measureSteps } from "../plan/measure-steps.ts";
import { unkept } from "../plan/prepare-plan.ts";
import type { Report } from "../terminal/report.ts";
import { engineHost } from "../train/engine-host.ts";
import { runTrain, trainInto } from "../train/run-train.ts";
import type { TrainOptions } from "../train/train-options.ts";
import { SaidSearch } from "./said-search.ts";
import { candidatesOf, openTrials, type Trials, tryOut, withCandidate } from "./trials.ts";

/** The options of `lowrank tune`. */
export interface TuneOptions extends TrainOptions {
  readonly minutes: number;
}

/** Searches and trains. Throws InterruptedError after Ctrl-C, a UsageError if nothing is open or nothing can be compared. */
export async function runTune({ minutes, ...asked }: TuneOptions, report: Report): Promise<void> {
  if (asked.resume === true) return runTrain(asked, report); // the search is over, and the run knows its values
  checkChoices(asked);
  if ([...asked.data, ...(asked.validation ?? [])].includes("-"))
    throw new UsageError(
      "Standard input can be read once, and tune reads the rows for the search and for the training: name a file.",
    );
  const options = await withBase(asked, report);
  const folder = await claimFolder(options, options, engineHost(options, report));
  try {
    await trainInto(folder, await search(options, minutes, report), { report, communicator: undefined });
  } finally {
    await folder.release();
  }
}

/** The options with the best values that were found; as they are if the search found none. */
async function search(
  options: WithBase<TrainOptions>,
  minutes: number,
  report: Report,
): Promise<WithBase<TrainOptions>> {
  const interrupt = new AbortController();
  const trials = await openTrials(options, report);
  const stopListening = report.io.onInterrupt(() => interrupt.abort());
  try {
    const best = await findBest(trials, options, { minutes, signal: interrupt.signal, report });
    return best === undefined ? options : withCandidate(options, best, trials);
  } finally {
    stopListening();
    trials.dispose();
  }
}

interface SearchContext {
  readonly minutes: number;
  readonly signal: AbortSignal;
  readonly report: Report;
}

async function findBest(
  trials: Trials,
  options: TrainOptions,
  { minutes, signal, report }: SearchContext,
): Promise<Trial | undefined> {
  const { training, adapter } = trials;
  const by = options.bestBy ?? "loss";
  const candidates = candidatesOf(trials, options);
  const { secondsPerStep, validation } = await measureSteps(adapter, training, {
    ...trainingOptions(options, unkept),
    signal,
  });
  const limits = {
    candidates,
    seconds: minutes * 60,
    secondsPerStep,
    secondsPerValidation: validation?.seconds ?? 0,
    fewestSteps: fewestSteps(training),
    mostSteps: training.totalSteps,
    baseLoss: lossOf(validation?.metrics, by),
  };
  const rungs = planRungs(limits);
  const said = new SaidSearch(report, by);
  said.plan(rungs, { ...limits, ...trials });
  const total = rungs.reduce((sum, rung) => sum + rung.candidates * rung.steps, 0);
  const count = report.count?.({ what: "search: step", total });
  const done: Trial[] = [];
  const trial = async (candidate: Candidate, steps: number) => {
    const how = { steps, signal, onStep: () => count?.add(1) };
    return lossOf(await tryOut(trials, withCandidate(options, candidate, trials), how), by);
  };
  try {
    for await (const made of halve(rungs, { ...limits, trial, clock: () => performance.now() / 1000 })) {
      if (signal.aborted) break;
      done.push(made);
      said.trial(made);
    }
  } finally {
    count?.stop();
  }
  const best = said.result(rankTrials(done, candidates));
  if (signal.aborted) throw new InterruptedError(stopped(best));
  return best;
}

/** A trial says something after an eighth of the steps that such a model needs; a new head moves later than a language model. */
function fewestSteps({ totalSteps, defaults }: Trials["training"]): number {
  return Math.min(totalSteps, Math.ceil(defaults.leastSteps / 8));
}

/** What is compared, lower is better; NaN for nothing. */
function lossOf(metrics: RowMetrics | undefined, by: MetricName): number {
  const value = metrics?.[by] ?? Number.NaN;
  return metricFacts[by].higherIsBetter ? -value : value;
}

function stopped(best: Trial | undefined): string {
  if (best === undefined) return "Stopped during the search, before a trial was over; nothing was written.";
  const { learningRate, rank } = best;
  return (
    `Stopped during the search; nothing was written. The best so far: learning rate ${learningRate}, rank ${rank}.\n` +
    `To train with it, use lowrank train with the same options and --learning-rate ${learningRate} --rank ${rank}.`
  );
}
