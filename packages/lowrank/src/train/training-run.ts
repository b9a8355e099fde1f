// The loop of a run: batches in, events out.

import { activeAdapters, inferenceContext, type RandomKey } from "@lowrank/contracts";
import { batches, type TokenBatch } from "@lowrank/data";
import type { AdapterHandle } from "@lowrank/inject";
import { batchTensors, type PretrainedModel } from "@lowrank/models";
import { loraPlus, type TrainingEvent, train } from "@lowrank/trainer";
import { lossOfTexts, meanLossOfTexts } from "../compare/comparison-step.ts";
import { measureComparisons } from "../compare/measure-comparisons.ts";
import { measureRows } from "../evaluate/measure-rows.ts";
import { metricFacts } from "../evaluate/metric-names.ts";
import { given } from "../given.ts";
import { lossOfPreferences, measurePreferences } from "../preferences/preference-step.ts";
import { measuredBatches } from "../rows/measured-batches.ts";
import { countedLabels } from "../rows/tokens/tokenize-rows.ts";
import { stepsOf } from "./plan-steps.ts";
import type { TokenizedRows } from "./tokenized-rows.ts";
import { type LoopOptions, loopDefaults, type RunOptions } from "./training-options.ts";

/** What is trained on what. */
export interface TrainingRun {
  readonly model: PretrainedModel;
  readonly handle: AdapterHandle;
  readonly rows: TokenizedRows;
}

/** Trains until the steps are made or the signal says stop. Throws NonFiniteLossError and what `train` does. */
export function runTraining(
  { model, handle, rows }: TrainingRun,
  options: LoopOptions & RunOptions,
): AsyncGenerator<TrainingEvent, void, undefined> {
  const plan = stepsOf(rows, options);
  const { batchSize, accumulate, learningRate, schedule, weightDecay, clipNorm, groupByLength, seed, bestBy } = {
    ...loopDefaults,
    ...given(options),
  };
  const { dropLast = false, signal, checkpoint, resumeFrom, fingerprint, onWarning } = options;
  const { optimizer, betas, momentum, loraPlusRatio, scheduleShape, maxBadSteps } = options;
  const { padId, train: examples, validation, comparison, preference } = rows;
  const adapters = activeAdapters(handle.name);
  const regularisation = given({ embeddingNoise: options.embeddingNoise, labelSmoothing: options.labelSmoothing });
  const evaluate = {
    every: options.evalEvery ?? Math.min(plan.stepsPerEpoch, plan.totalSteps),
    atStart: options.evalAtStart ?? true,
    watch: bestBy,
    higherIsBetter: metricFacts[bestBy].higherIsBetter,
    ...given({ patience: options.patience }),
    run: async () => {
      const context = inferenceContext(adapters);
      const data = { examples: validation, batchSize, padId };
      if (preference !== undefined) {
        const plan = { plan: preference, padId, context, signal };
        return { ...(await measurePreferences(model, measuredBatches(data), plan)) };
      }
      if (comparison === undefined) return { ...(await measureRows(model, data, { context, signal })) };
      const { recipe } = comparison;
      const scores = await measureComparisons(model, { ...data, recipe, context, signal });
      const loss = await meanLossOfTexts(model, measuredBatches(data), { plan: comparison, context, signal });
      return { loss, ...scores };
    },
  };
  const ordered = { batchSize, padId, seed, groupByLength, dropLast, ...countedLabels(model) };
  return train<TokenBatch>({
    variables: handle.variables,
    loss: (batch: TokenBatch, random: RandomKey) => {
      const context = { training: true, adapters, random, ...regularisation, ...checkpointsOf(options) };
      if (comparison !== undefined) return lossOfTexts(model, batch, comparison, context);
      if (preference !== undefined) return lossOfPreferences(model, batch, { plan: preference, padId, context });
      return model.loss(batchTensors(batch), context);
    },
    batches: (epoch) => batches(examples, { ...ordered, epoch }),
    steps: plan.totalSteps,
    learningRate,
    schedule,
    warmupSteps: plan.warmupSteps,
    weightDecay,
    clipNorm: clipNorm === 0 ? null : clipNorm,
    accumulate,
    // One large batch, as transformers counts it since 4.46; of a single batch every weight gives the same.
    weightByTokens: accumulate > 1,
    batchSize: ({ tokens, supervised }) => ({ tokens, supervised }),
    seed,
    ...given({ signal, resumeFrom, fingerprint, onWarning, optimizer, betas, momentum, scheduleShape, maxBadSteps }),
    ...(loraPlusRatio === undefined ? {} : { learningRateGroups: loraPlus(loraPlusRatio) }),
    ...(checkpoint === undefined ? {} : { checkpoint: { every: plan.totalSteps, ...checkpoint } }),
    ...(validation.length === 0 ? {} : { evaluate }),
  });
}

function checkpointsOf({ gradientCheckpointing: blocks }: LoopOptions): { readonly blocksPerCheckpoint?: number } {
  return blocks === undefined ? {} : { blocksPerCheckpoint: blocks === true ? 1 : blocks };
}
