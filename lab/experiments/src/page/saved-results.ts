// The results that the page is made from.

import { readSaved as readBenchmarks } from "../../../benchmarks/src/saved-results.ts";
import type { Subspaces } from "../analyses/subspaces.ts";
import type { Latencies } from "../costs/latency.ts";
import type { Switching } from "../costs/switching.ts";
import { readSaved } from "../training/saved-runs.ts";
import type { Sweep } from "../training/sweep.ts";

/** The files of sweeps. "InPeft": the same recipe in PEFT; "Rates": the search for learning rates. */
const sweepFiles = {
  sst2: "sst2",
  sst2InPeft: "sst2-peft",
  sst2Rates: "sst2-rates",
  e2e: "e2e",
  e2eInPeft: "e2e-peft",
  e2eRates: "e2e-rates",
  questions: "questions",
  questionsRates: "questions-rates",
  instructions: "instructions",
  instructionsRates: "instructions-rates",
  korean: "korean",
  koreanRates: "korean-rates",
  digits: "digits",
  digitsRates: "digits-rates",
};

/** An absent result was not run yet. */
export interface SavedResults extends Readonly<Partial<Record<keyof typeof sweepFiles, Sweep | undefined>>> {
  /** By number of epochs, the fewest first. */
  readonly sst2Longer?: readonly SearchedSweep[];
  readonly e2eLonger?: readonly SearchedSweep[];
  readonly subspaces?: Subspaces | undefined;
  readonly latency?: Latencies | undefined;
  readonly switching?: Switching | undefined;
  /** What `npm run bench -- lora-vs-full` measured. */
  readonly training?: TrainingCosts | undefined;
  /** What `npm run bench -- merged-latency` measured. */
  readonly merged?: MergedCosts | undefined;
}

/** With the rates that were tried for it, where any were. */
export interface SearchedSweep extends Sweep {
  readonly rates?: Sweep | undefined;
}

/** Costs of LoRA compared with those of full fine-tuning: ratios below 1 are LoRA's advantage. */
interface TrainingCosts {
  readonly work: string;
  readonly ratio: number;
  readonly rssRatioWithoutCopy: number;
  readonly stateRatio: number;
  readonly processor: string;
}

/** Costs of a merged model compared with those of its base. */
interface MergedCosts {
  readonly work: string;
  readonly ratio: number;
  readonly processor: string;
}

/** The longer trainings that come on the page. */
const trainings = [3, 10, 20, 30].flatMap((epochs) => [`${epochs}-epochs`, `${epochs}-epochs-dropout`]);

function trainedLonger(task: string): readonly SearchedSweep[] {
  return trainings.flatMap((training) => {
    const kept = readSaved<Sweep>(`${task}-${training}`);
    return kept === undefined ? [] : [{ ...kept, rates: readSaved<Sweep>(`${task}-${training}-rates`) }];
  });
}

export function savedResults(): SavedResults {
  const results = readBenchmarks<{ readonly name: string; readonly date: string }>("./");
  results.sort((one, other) => other.date.localeCompare(one.date));
  /** The newest of all processors. */
  const benchmark = <Saved>(name: string) => results.find((result) => result.name === name) as Saved | undefined;
  return {
    ...Object.fromEntries(Object.entries(sweepFiles).map(([name, file]) => [name, readSaved<Sweep>(file)])),
    sst2Longer: trainedLonger("sst2"),
    e2eLonger: trainedLonger("e2e"),
    subspaces: readSaved<Subspaces>("subspaces"),
    latency: readSaved<Latencies>("latency"),
    switching: readSaved<Switching>("switching"),
    training: benchmark<TrainingCosts>("lora-vs-full"),
    merged: benchmark<MergedCosts>("merged-latency"),
  };
}
