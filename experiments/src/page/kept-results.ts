// All that the page is made of.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Subspaces } from "../analyses/subspaces.ts";
import type { Latencies } from "../costs/latency.ts";
import type { Switching } from "../costs/switching.ts";
import { readKept } from "../training/kept-runs.ts";
import type { Sweep } from "../training/sweep.ts";

/** What is absent was not run yet. */
export interface KeptResults {
  readonly sst2?: Sweep | undefined;
  /** The same recipe in PEFT. */
  readonly sst2InPeft?: Sweep | undefined;
  readonly subspaces?: Subspaces | undefined;
  readonly latency?: Latencies | undefined;
  readonly switching?: Switching | undefined;
  /** What `npm run bench -- lora-vs-full` measured. */
  readonly training?: TrainingCosts | undefined;
}

/** Of LoRA and of training everything: ratios below 1 are LoRA's advantage. */
interface TrainingCosts {
  readonly work: string;
  readonly ratio: number;
  readonly rssRatioWithoutCopy: number;
  readonly stateRatio: number;
}

export function keptResults(): KeptResults {
  const benchmark = join(import.meta.dirname, "../../../benchmarks/results/lora-vs-full.json");
  return {
    sst2: readKept<Sweep>("sst2"),
    sst2InPeft: readKept<Sweep>("sst2-peft"),
    subspaces: readKept<Subspaces>("subspaces"),
    latency: readKept<Latencies>("latency"),
    switching: readKept<Switching>("switching"),
    // Written by a program of the same version of this repository.
    training: JSON.parse(readFileSync(benchmark, "utf8")) as TrainingCosts,
  };
}
