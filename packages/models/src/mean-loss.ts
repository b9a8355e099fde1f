// The loss over a data set, as of one large batch: each batch counts by its number of labels.

import { type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";
import { batchTensors, type IntegerBatch } from "./inputs/batch-tensors.ts";
import type { PretrainedModel } from "./pretrained-model.ts";

/** Further options of `meanLoss`. */
export interface MeanLossOptions {
  /** Stops between batches; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** The time in milliseconds; default `performance.now`. */
  clock?(): number;
}

const optionNames: OptionNames<MeanLossOptions> = { signal: true, clock: true };

/** Engines on the CPU never yield, so timers, signals and clicks get a pause at this interval. */
const turnEveryMilliseconds = 50;

/**
 * The mean loss over every supervised label in all batches; NaN if there is none. About twenty times a second it yields to the event
 * loop, so that Ctrl-C and buttons work.
 *
 * @throws MODEL_INPUT and POSITION_LIMIT as `PretrainedModel.loss`; the signal's reason.
 */
export async function meanLoss(
  model: PretrainedModel,
  batches: Iterable<IntegerBatch>,
  context: ForwardContext = inferenceContext(),
  options: MeanLossOptions = {},
): Promise<number> {
  refuseUnknownOptions("meanLoss", options, optionNames);
  const { signal, clock = () => performance.now() } = options;
  let total = 0;
  let count = 0;
  let lastTurn = clock();
  for (const batch of batches) {
    signal?.throwIfAborted();
    const sum = tf.tidy(() => {
      const losses = model.lossSum(batchTensors(batch), context);
      count += losses.count;
      return losses.sum;
    });
    const [value = Number.NaN] = await sum.data();
    sum.dispose();
    total += value;
    if (clock() - lastTurn < turnEveryMilliseconds) continue;
    await othersWork();
    lastTurn = clock();
  }
  return total / count;
}

function othersWork(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
