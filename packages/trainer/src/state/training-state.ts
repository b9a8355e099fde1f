// Everything that the rest of a run depends on, as plain data. It needs no state of a random generator: dropout depends on seed and
// step, and the order of the data on seed and epoch.

import type { JsonObject } from "@lowrank/contracts/internal";
import type { Variable } from "@tensorflow/tfjs-core";
import type { DataPosition } from "../batch-stream.ts";
import { resumeMismatchError } from "../errors.ts";
import type { Moments } from "../optimizer/rules/rule.ts";
import type { OptimizerName } from "../optimizer/rules/rules.ts";
import type { ScheduleShape } from "../schedules/schedule.ts";
import type { ScheduleName } from "../schedules/schedules.ts";
import type { BestEvaluation, RateRestart } from "../training-event.ts";

/** The values of one variable. */
export interface NamedValues {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A run between two steps. */
export interface TrainingState {
  /** 1 for a run that began with the first version's dropout masks, and keeps them to its end. */
  readonly version: 1 | 2;
  /** Steps made. */
  readonly step: number;
  readonly position: DataPosition;
  /** State that the next batches depend on, in addition to the position. */
  readonly batchState?: JsonObject;
  readonly settings: TrainingSettings;
  readonly variables: ReadonlyMap<string, NamedValues>;
  /** The optimizer's state; a variable that never had a gradient has none. */
  readonly moments: ReadonlyMap<string, Moments>;
  readonly best?: BestEvaluation;
  /** With `keepsBest`: the variables of the best evaluation, if its step is neither `step` nor 0. */
  readonly bestVariables?: ReadonlyMap<string, NamedValues>;
  /** Consecutive evaluations without improvement. */
  readonly evaluationsSinceBest: number;
  /** Consecutive steps, up to this one, that were skipped because of NaN or infinite numbers; absent: none. */
  readonly badSteps?: number;
  /** Present if the run's signal stopped the evaluation after `step`. A resumed run begins with it. */
  readonly owesEvaluation?: true;
  readonly fingerprint?: string;
  /** Changes of the learning rate, and loss and gradient norm of the steps since, as long as they are watched. */
  readonly rateWatch?: {
    readonly restarts: readonly RateRestart[];
    readonly steps?: readonly (readonly [loss: number, gradientNorm: number])[];
  };
  /** The variables before the first step, as long as the run may restart. */
  readonly startVariables?: ReadonlyMap<string, NamedValues>;
}

/** The run that a state must match. */
export interface PresentRun {
  readonly variables: ReadonlyMap<string, Variable>;
  readonly settings: TrainingSettings;
  readonly fingerprint?: string;
}

/** Throws RESUME_MISMATCH with all reasons why the run cannot resume from a state. */
export function checkState(state: TrainingState, run: PresentRun): void {
  const differences = [...variableDifferences(state, run.variables), ...settingDifferences(state, run)];
  if (state.step >= run.settings.steps) {
    differences.push(`steps: the state has made ${state.step} of ${run.settings.steps} steps; no steps are left`);
  }
  if (differences.length > 0) throw resumeMismatchError(differences);
}

function variableDifferences(state: TrainingState, variables: ReadonlyMap<string, Variable>): string[] {
  const differences: string[] = [];
  for (const [name, { shape }] of variables) {
    const saved = state.variables.get(name);
    if (saved === undefined) differences.push(`${name}: not in the state`);
    else if (saved.shape.join() !== shape.join()) {
      differences.push(`${name}: [${saved.shape}] in the state, [${shape}] now`);
    }
  }
  for (const name of state.variables.keys()) {
    if (!variables.has(name)) differences.push(`${name}: in the state, but not trained now`);
  }
  return differences;
}

/** Differences that would silently change the run. Settings such as the learning rate may be changed on purpose. */
function settingDifferences(state: TrainingState, run: PresentRun): string[] {
  const differences: string[] = [];
  for (const key of ["seed", "accumulate", "weightByTokens", "optimizer", "momentum"] as const) {
    if (state.settings[key] === run.settings[key]) continue;
    const option = key === "accumulate" ? "gradientAccumulationSteps" : key; // as the file and as the caller name it
    differences.push(`${option}: ${state.settings[key]} in the state, ${run.settings[key]} now`);
  }
  if (state.fingerprint !== run.fingerprint) {
    differences.push(`fingerprint: ${state.fingerprint ?? "none"} in the state, ${run.fingerprint ?? "none"} now`);
  }
  return differences;
}

/** The variables of the best evaluation after a step; undefined if there was none, or the state does not have them. */
export function bestVariablesOf({
  step,
  best,
  variables,
  bestVariables,
}: TrainingState): TrainingState["bestVariables"] {
  return best !== undefined && best.step > 0 && best.step === step ? variables : bestVariables;
}

/** The settings of a resumed run: the learning rate after restarts, unless the options have another one. */
export function resumedSettings(requested: TrainingSettings, state: TrainingState): TrainingSettings {
  const { learningRateBefore } = state.rateWatch?.restarts[0] ?? {};
  return learningRateBefore === requested.learningRate
    ? { ...requested, learningRate: state.settings.learningRate }
    : requested;
}

/** The settings that a resumed run changes, as texts for a warning. */
export function changedSettings(before: TrainingSettings, now: TrainingSettings): readonly string[] {
  const keys = [
    "steps",
    "learningRate",
    "schedule",
    "scheduleShape",
    "warmupSteps",
    "weightDecay",
    "decayed",
    "betas",
    "epsilon",
    "clipNorm",
  ] as const;
  return keys
    .map((key) => ({ key, was: JSON.stringify(before[key]), is: JSON.stringify(now[key]) }))
    .filter(({ was, is }) => was !== is)
    .map(({ key, was, is }) => `${key} ${was} → ${is}`);
}

/** The settings of a run. */
export interface TrainingSettings {
  readonly steps: number;
  readonly learningRate: number;
  readonly schedule: ScheduleName;
  readonly scheduleShape: ScheduleShape;
  readonly warmupSteps: number;
  readonly optimizer: OptimizerName;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly decayed: "all" | "matrices";
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  readonly clipNorm: number | null;
  readonly accumulate: number;
  readonly weightByTokens: boolean;
  readonly seed: number;
}
