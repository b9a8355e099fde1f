// The names of all options of the library's functions, for programs that no compiler checks.

import type { OptionNames } from "@lowrank/contracts";
import type { EvaluationOptions } from "./evaluate/evaluate-rows.ts";
import type { TextOptions } from "./generate/continue-prompts.ts";
import type { MergedModelOptions } from "./merged-model.ts";
import type { OpenModelOptions } from "./open-on.ts";
import type { TrainingOptions } from "./opened-adapter.ts";
import type { ColumnOptions } from "./rows/read-rows.ts";

/** Which adapter acts, where a function asks. */
type WithAdapter = { readonly adapter?: unknown };

export const openModelNames: OptionNames<OpenModelOptions> = {
  ...{ adapter: true, task: true, classes: true, seed: true, basePrecision: true, addTokens: true, addAsSpecial: true },
  ...{ engine: true, signal: true, fetch: true, accessToken: true, onWarning: true, onNote: true },
};

export const trainingNames: OptionNames<TrainingOptions> = {
  ...{ validation: true, validationShare: true, columns: true, header: true },
  ...{ template: true, maxLength: true, maxTargetLength: true },
  ...{ epochs: true, steps: true, batchSize: true, accumulate: true, learningRate: true, schedule: true },
  ...{ warmupSteps: true, warmupRatio: true, weightDecay: true, clipNorm: true, gradientCheckpointing: true },
  ...{ groupByLength: true, dropLast: true, seed: true, evalEvery: true, initBatches: true },
  ...{ signal: true, checkpoint: true, resumeFrom: true, fingerprint: true, onWarning: true },
};

export const textNames: OptionNames<TextOptions & WithAdapter> = {
  ...{ adapter: true, template: true, maxNewTokens: true, temperature: true, topK: true, topP: true, minP: true },
  ...{ repetitionPenalty: true, stop: true, seed: true, signal: true },
};

export const evaluationNames: OptionNames<EvaluationOptions & ColumnOptions & WithAdapter> = {
  ...{ adapter: true, columns: true, header: true, template: true, batchSize: true },
  ...{ maxLength: true, maxTargetLength: true, generate: true, maxNewTokens: true },
};

export const mergeNames: OptionNames<MergedModelOptions> = { tied: true, dtype: true, tolerance: true };
export const saveNames: OptionNames<{ readonly overwrite?: boolean }> = { overwrite: true };
export const adaptNames: OptionNames<{ readonly seed?: number; readonly name?: string }> = { seed: true, name: true };
export const attachNames: OptionNames<{ readonly name?: string; readonly trainable?: boolean }> = {
  name: true,
  trainable: true,
};
