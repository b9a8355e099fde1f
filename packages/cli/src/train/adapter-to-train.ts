// The adapter of a run: a new one by the options, or the one that is continued.

import { createLoraConfig, type LoraConfig, type TaskType } from "@lowrank/adapter-format";
import type { Task } from "@lowrank/families";
import { type AdapterHandle, describePlan, injectAdapter, planInjection } from "@lowrank/inject";
import type { PretrainedModel } from "@lowrank/models";
import type { OpenedModel } from "../session/open-model.ts";
import type { Report } from "../terminal/report.ts";
import type { TrainOptions } from "./train-options.ts";
import { trainingTokens } from "./train-tokens.ts";

/** What a new adapter is made by. */
export interface AdapterRequest {
  readonly options: TrainOptions;
  /** Whose rows train as well. */
  readonly tokenIds: readonly number[];
  /** The tokens from which on it acts; none: everywhere. */
  readonly invocation: readonly number[];
}

/** Attaches a new adapter to the model, or returns the one that was opened with it; prints the plan. */
export function adapterToTrain(opened: OpenedModel, request: AdapterRequest, report: Report): AdapterHandle {
  const { options, tokenIds, invocation } = request;
  if (opened.handle !== undefined) {
    report.say(describePlan(opened.handle.plan));
    return opened.handle;
  }
  const { model } = opened;
  const activated = invocation.length === 0 ? {} : { activationTokens: invocation };
  const config = { ...loraConfig(options, model), ...activated };
  const plan = planInjection(model, tokenIds.length === 0 ? config : trainingTokens(model, config, tokenIds));
  report.say(describePlan(plan));
  return injectAdapter(model, plan, { seed: options.seed, baseFingerprint: model.fingerprint });
}

function loraConfig(options: TrainOptions, model: PretrainedModel): LoraConfig {
  const { targetModules, modulesToSave } = options;
  return createLoraConfig({
    rank: options.rank ?? 8,
    alpha: options.alpha ?? 16,
    dropout: options.dropout ?? 0,
    rankStabilized: options.useRslora ?? false,
    taskType: taskTypes.get(model.task) ?? null,
    baseModel: options.model,
    fanInFanOut: model.sites().some((site) => site.fanInFanOut),
    ...(targetModules === undefined ? {} : { targetModules }),
    ...(modulesToSave === undefined ? {} : { modulesToSave }),
  });
}

const taskTypes: ReadonlyMap<Task, TaskType> = new Map<Task, TaskType>([
  ["causal-lm", "CAUSAL_LM"],
  ["sequence-to-sequence", "SEQ_2_SEQ_LM"],
  ["sequence-classification", "SEQ_CLS"],
  ["token-classification", "TOKEN_CLS"],
  ["question-answering", "QUESTION_ANS"],
  ["feature-extraction", "FEATURE_EXTRACTION"],
  ["text-encoding", "FEATURE_EXTRACTION"],
]);
