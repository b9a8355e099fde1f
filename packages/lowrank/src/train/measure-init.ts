// Initializations that use data: before the first step, the model runs over the first batches of the run's rows. EVA
// and CorDA use the inputs of the layers, LoRA-GA the gradients of their weights.

import type { LoraConfig } from "@lowrank/adapter-format";
import { initOf } from "@lowrank/adapter-format/internal";
import type { ForwardContext } from "@lowrank/contracts";
import { batches, type TokenBatch } from "@lowrank/data";
import { decodedBatches, ignoredLabel, type RowList, type TokenizedExample } from "@lowrank/data/internal";
import { type InjectionPlan, type InjectOptions, measureGradients, measureInputs } from "@lowrank/inject";
import { batchTensors, type PretrainedModel } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import { countedLabels } from "../rows/tokens/tokenize-rows.ts";
import type { RowMedia } from "../run-folder.ts";
import type { LoopOptions } from "./training-options.ts";

export interface InitRows {
  readonly rows: RowList<TokenizedExample>;
  readonly batchSize: number;
  /** Maximum number of batches. */
  readonly count: number;
  readonly padId: number;
  readonly seed: number;
  readonly media?: Pick<RowMedia, "open"> | undefined;
  /** The loss of the run, if it is not the model's own. */
  loss?(batch: TokenBatch, context: ForwardContext): tf.Scalar;
}

/** Number of batches for the initialization; undefined if it uses no data. */
export function initBatchesOf(
  { initBatches = 16 }: Pick<LoopOptions, "initBatches">,
  config: Pick<LoraConfig, "init">,
): number | undefined {
  return initOf(config).measures === undefined ? undefined : initBatches;
}

/** The data of a plan's initialization for `injectAdapter`; undefined if it uses no data. */
export async function measureInit(
  model: PretrainedModel,
  plan: InjectionPlan,
  start: InitRows,
): Promise<InjectOptions["measured"]> {
  const { measures, measuresSingleTexts = false } = initOf(plan.config);
  if (measures === undefined) return undefined;
  const { loss = (batch, context) => model.loss(batchTensors(batch), context) } = start;
  if (measures === "gradient") {
    const looked = await firstBatches(model, start);
    const losses = looked.map((batch) => (context: ForwardContext) => loss(batch, context));
    return measureGradients(model, plan, losses);
  }
  // CorDA takes one text a call. An encoder–decoder's layers do not all see the same rows, so that no mask fits them.
  const isAlone = measuresSingleTexts || model.config.decoderLayers > 0;
  const chosen = await firstBatches(
    model,
    isAlone ? { ...start, batchSize: 1, count: start.count * start.batchSize } : start,
  );
  return measureInputs(model, plan, {
    run: (context, keepOnly) => {
      for (const batch of chosen) {
        tf.tidy(() => {
          if (!isAlone) keepOnly(countedPositions(batch));
          loss(batch, context);
        });
      }
    },
  });
}

/** Shuffled, even if the run groups rows by length: a batch of short rows represents the data badly. */
async function firstBatches(
  model: PretrainedModel,
  { rows, batchSize, count, padId, seed, media }: InitRows,
): Promise<readonly TokenBatch[]> {
  const chosen: TokenBatch[] = [];
  const order = { batchSize, padId, seed, ...countedLabels(model) };
  const all =
    media === undefined ? batches(rows, order) : decodedBatches(rows, { ...order, open: (row) => media.open(row) });
  for await (const batch of all) {
    if (chosen.length === count) break;
    chosen.push(batch);
  }
  return chosen;
}

/** 1 for tokens, and for token labels only where there is a label; as in PEFT's EVA. [rows, time] */
function countedPositions({ rows, time, attentionMask, labels }: TokenBatch): tf.Tensor2D {
  const isLabelled = labels.length === attentionMask.length;
  const counts = attentionMask.map((mask, index) => (isLabelled && labels[index] === ignoredLabel ? 0 : mask));
  return tf.tensor2d(counts, [rows, time], "int32");
}
