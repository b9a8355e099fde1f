// How the trainer goes – optimiser, schedule, when to stop and what to keep –, as a recipe says it and as the library takes it.

import type { MetricName } from "../metric-names.ts";
import type { KeptCheckpoints } from "../run-folder.ts";
import type { LoopOptions } from "../train/training-options.ts";
import type { optimizers } from "./options/loop-options.ts";

/** Absent means the library's default. */
export interface TrainerChoices {
  readonly scheduleCycles?: number;
  readonly schedulePower?: number;
  readonly endRate?: number;
  readonly decayShare?: number;
  readonly optimizer?: (typeof optimizers)[number];
  readonly betas?: readonly number[];
  readonly momentum?: number;
  readonly loraPlusRatio?: number;
  readonly embeddingNoise?: number;
  readonly labelSmoothing?: number;
  readonly maxBadSteps?: number;
  readonly patience?: number;
  readonly bestBy?: MetricName;
  readonly keep?: readonly string[];
  readonly tensorBoard?: boolean;
  readonly report?: boolean;
}

/** Those that the library names otherwise. */
export function loopChoices(choices: TrainerChoices): Pick<LoopOptions, "betas" | "scheduleShape"> {
  const {
    scheduleCycles: cycles,
    schedulePower: power,
    endRate: endShare,
    decayShare,
    betas: [first, second] = [],
  } = choices;
  const shape = Object.entries({ cycles, power, endShare, decayShare }).filter(([, value]) => value !== undefined);
  return {
    betas: first === undefined || second === undefined ? undefined : [first, second],
    scheduleShape: shape.length === 0 ? undefined : Object.fromEntries(shape),
  };
}

/** Which checkpoints stay, as the library takes it. */
export function keptChoice({ keep }: TrainerChoices): KeptCheckpoints | undefined {
  if (keep === undefined) return undefined;
  const last = keep.find((name) => name.startsWith("last:"));
  return { best: keep.includes("best"), last: last === undefined ? 1 : Number(last.slice("last:".length)) };
}
