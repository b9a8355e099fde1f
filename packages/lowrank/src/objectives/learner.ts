// The loss of a batch and what a set of rows is measured by, for each kind of `LearningPlan`.

import type { ForwardContext } from "@lowrank/contracts";
import type { TokenBatch } from "@lowrank/data";
import { batchTensors, distillationLoss, type PretrainedModel } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import type { RowMetrics } from "../metric-names.ts";
import { type MeasuredFiles, measuredBatches } from "../rows/measured-batches.ts";
import { lossOfTexts, meanLossOfTexts } from "./embeddings/comparison-step.ts";
import { measureComparisons } from "./embeddings/measure-comparisons.ts";
import type { LearningPlan } from "./learning-plan.ts";
import { measureRows } from "./own-loss/measure-rows.ts";
import { lossOfPreferences, measurePreferences } from "./preferences/preference-step.ts";
import { lossOfPairs, measurePairs } from "./ranking/ranking-step.ts";

/** How a measurement is made. */
interface Measuring {
  readonly context: ForwardContext;
  readonly signal?: AbortSignal | undefined;
}

/** Learns rows of one kind. */
export interface Learner {
  /** The mean of a batch. The caller owns the result. */
  loss(batch: TokenBatch, context: ForwardContext): tf.Scalar;
  measure(data: MeasuredFiles, measuring: Measuring): Promise<RowMetrics>;
}

/** Whoever learns as the plan says. */
export function learnerOf(model: PretrainedModel, plan: LearningPlan, padId: number): Learner {
  switch (plan.kind) {
    case "comparison":
      return {
        loss: (batch, context) => lossOfTexts(model, batch, plan, context),
        measure: async (data, measuring) => {
          const scores = await measureComparisons(model, { ...data, recipe: plan.recipe, ...measuring });
          const loss = await meanLossOfTexts(model, measuredBatches(data), { plan, ...measuring });
          return { loss, ...scores };
        },
      };
    case "preference":
      return {
        loss: (batch, context) => lossOfPreferences(model, batch, { plan, padId, context }),
        measure: (data, measuring) => measurePreferences(model, measuredBatches(data), { plan, padId, ...measuring }),
      };
    case "ranking":
      return {
        loss: (batch, context) => lossOfPairs(model, batch, context),
        measure: (data, measuring) => measurePairs(model, data, measuring),
      };
    case "distillation":
      return {
        loss: (batch, context) => {
          const options = { ...plan.options, context };
          return tf.tidy(() => distillationLoss(model, batchTensors(batch), options));
        },
        measure: (data, measuring) => measureRows(model, data, measuring),
      };
    case "own":
      return {
        loss: (batch, context) => model.loss(batchTensors(batch), context),
        measure: (data, measuring) => measureRows(model, data, measuring),
      };
  }
}

/** By what a start that looks at rows learns from them: of texts to compare not by the model's own loss. */
export function lossOfStart(model: PretrainedModel, plan: LearningPlan): Partial<Pick<Learner, "loss">> {
  return plan.kind === "comparison" ? { loss: (batch, context) => lossOfTexts(model, batch, plan, context) } : {};
}
