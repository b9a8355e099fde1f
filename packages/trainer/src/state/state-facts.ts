// The contents of trainer.json, and a check of parsed files.

import { isObject } from "@lowrank/contracts/internal";
import { optimizers } from "../optimizer/rules/rules.ts";
import type { TrainingState } from "./training-state.ts";

/** A training state without its tensors. */
export interface StateFacts extends Omit<TrainingState, "variables" | "bestVariables" | "startVariables" | "moments"> {
  readonly format: "lowrank-training-state";
  /** How often each variable was updated. */
  readonly updates: readonly (readonly [name: string, count: number])[];
}

type Check = (value: unknown) => boolean;

const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isNumber: Check = (value) => typeof value === "number" && Number.isFinite(value);
const isText: Check = (value) => typeof value === "string";
const isOptional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const isPair =
  (first: Check, second: Check): Check =>
  (value) =>
    Array.isArray(value) && value.length === 2 && first(value[0]) && second(value[1]);
const isRecord =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) => {
    if (typeof value !== "object" || value === null) return false;
    const fields = new Map<string, unknown>(Object.entries(value));
    return Object.entries(checks).every(([key, check]) => check(fields.get(key)));
  };

const isList =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const isRestart = isRecord({ step: isCount, reason: isText, learningRateBefore: isNumber, learningRate: isNumber });

const isShape = isRecord({
  cycles: isOptional(isNumber),
  power: isOptional(isNumber),
  endShare: isOptional(isNumber),
  decayShare: isOptional(isNumber),
  warmupStart: isOptional(isNumber),
});

const isSettings = isRecord({
  steps: isCount,
  learningRate: isNumber,
  schedule: isText,
  // Absent in files of older versions.
  scheduleShape: isOptional(isShape),
  warmupSteps: isCount,
  optimizer: isOptional((value) => isText(value) && optimizers.has(value as string)),
  momentum: isOptional(isNumber),
  weightDecay: isNumber,
  decayed: isText,
  betas: isPair(isNumber, isNumber),
  epsilon: isNumber,
  clipNorm: (value) => value === null || isNumber(value),
  accumulate: isCount,
  weightByTokens: (value) => typeof value === "boolean",
  seed: isCount,
});

const isFacts = isRecord({
  format: (value) => value === "lowrank-training-state",
  version: (value) => value === 1 || value === 2,
  step: isCount,
  position: isRecord({ epoch: isCount, batches: isCount }),
  batchState: isOptional(isObject),
  settings: isSettings,
  updates: isList(isPair(isText, isCount)),
  best: isOptional(isRecord({ step: isCount, value: isNumber })),
  evaluationsSinceBest: isCount,
  badSteps: isOptional(isCount),
  owesEvaluation: isOptional((value) => value === true),
  fingerprint: isOptional(isText),
  rateWatch: isOptional(
    isRecord({ restarts: isList(isRestart), steps: isOptional(isList(isPair(isNumber, isNumber))) }),
  ),
});

/** Whether parsed JSON has the facts of a state in a supported version. */
export function isStateFacts(value: unknown): value is StateFacts {
  return isFacts(value);
}
