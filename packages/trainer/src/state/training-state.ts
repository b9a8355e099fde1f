// Everything that the rest of a run depends on, as plain data. There is no generator's state: dropout is drawn from the
// seed and the step, and the order of the data from the seed and the epoch.

import type { Variable } from "@tensorflow/tfjs-core";
import type { DataPosition } from "../batch-stream.ts";
import { ResumeMismatchError } from "../errors.ts";
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
  /** 1 where the run draws dropout's masks as programs did that knew no other: it does so to its end. */
  readonly version: 1 | 2;
  /** Steps made. */
  readonly step: number;
  readonly position: DataPosition;
  readonly settings: TrainingSettings;
  readonly variables: ReadonlyMap<string, NamedValues>;
  /** The optimiser's state; a variable that never had a gradient has none. */
  readonly moments: ReadonlyMap<string, Moments>;
  readonly best?: BestEvaluation;
  /** Of a run that ends with its best evaluation: the variables of that step, where it is neither `step` nor 0. */
  readonly bestVariables?: ReadonlyMap<string, NamedValues>;
  /** Evaluations in a row that were no better. */
  readonly evaluationsSinceBest: number;
  /** Steps in a row, up to this one, that were left out because a number was not finite; absent: none. */
  readonly badSteps?: number;
  /** There where the evaluation due after `step` was stopped by the run's signal: a resumed run begins with it. */
  readonly owesEvaluation?: true;
  readonly fingerprint?: string;
  /** How the learning rate was changed, and loss and gradients of the steps since, while they are watched. */
  readonly rateWatch?: {
    readonly restarts: readonly RateRestart[];
    readonly steps?: readonly (readonly [loss: number, gradientNorm: number])[];
  };
  /** The variables before the first step, while the run may go back to them. */
  readonly startVariables?: ReadonlyMap<string, NamedValues>;
}

/** What a state has to fit. */
export interface PresentRun {
  readonly variables: ReadonlyMap<string, Variable>;
  readonly settings: TrainingSettings;
  readonly fingerprint?: string;
}

/** Throws ResumeMismatchError naming all that keeps a state from being gone on from. */
export function checkState(state: TrainingState, run: PresentRun): void {
  const differences = [...variableDifferences(state, run.variables), ...settingDifferences(state, run)];
  if (state.step >= run.settings.steps) {
    differences.push(`steps: the state has made ${state.step} of ${run.settings.steps} steps; no steps are left`);
  }
  if (differences.length > 0) throw new ResumeMismatchError(differences);
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

/** Only what would silently make another run of it: the learning rate and its like may be changed on purpose. */
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

/** The variables of the best evaluation after a step; undefined where there was none, or the state does not hold them. */
export function bestVariablesOf({
  step,
  best,
  variables,
  bestVariables,
}: TrainingState): TrainingState["bestVariables"] {
  return best !== undefined && best.step > 0 && best.step === step ? variables : bestVariables;
}

/** The settings of a resumed run: its learning rate is the one that it changed to, unless another one is asked for. */
export function resumedSettings(asked: TrainingSettings, state: TrainingState): TrainingSettings {
  const { learningRateBefore } = state.rateWatch?.restarts[0] ?? {};
  return learningRateBefore === asked.learningRate ? { ...asked, learningRate: state.settings.learningRate } : asked;
}

/** The settings that a resumed run changes, in words. */
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

/** The numbers of a run. */
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
