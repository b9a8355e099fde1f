// The loss of the model's own head, and metrics over rows, from one forward pass per batch.

import type { ForwardContext } from "@lowrank/contracts";
import type { TokenBatch } from "@lowrank/data";
import { batchTensors, type PretrainedModel } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import type { RowMetrics } from "../../metric-names.ts";
import { type MeasuredFiles, measuredWithFiles } from "../../rows/measured-batches.ts";
import type { LearningPlan, Measuring } from "../objective.ts";
import { AnswerTally } from "./answer-tally.ts";

export const headLoss: LearningPlan = {
  kind: "own",
  loss: (model, batch, { context }) => model.loss(batchTensors(batch), withoutPadding(context)),
  measure: measureRows,
};

/** Engines on the CPU never wait, so timers, signals and clicks need their turn. */
const turnEveryMilliseconds = 50;

/** The mean loss over all labels, and the metrics of the head. */
export async function measureRows(
  model: PretrainedModel,
  data: MeasuredFiles,
  { context, signal, onRows }: Measuring,
): Promise<RowMetrics> {
  const tally = new AnswerTally(model);
  let [total, count] = [0, 0];
  let lastTurn = performance.now();
  for await (const batch of measuredWithFiles(data)) {
    signal?.throwIfAborted();
    const measured = measurementOf(model, batch, context);
    const [value = Number.NaN] = await measured.sum.data();
    measured.sum.dispose();
    if (measured.answers !== undefined) await tally.add(measured.answers, batch);
    total += value;
    count += measured.count;
    onRows?.(batch.rows);
    if (performance.now() - lastTurn < turnEveryMilliseconds) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    lastTurn = performance.now();
  }
  const loss = total / count;
  const isText = model.task === "causal-lm" || model.task === "masked-lm" || model.task === "sequence-to-sequence";
  return { loss, ...(isText ? { perplexity: Math.exp(loss) } : {}), ...tally.metrics() };
}

function measurementOf(model: PretrainedModel, batch: TokenBatch, context: ForwardContext) {
  const inputs = batchTensors(batch);
  try {
    return model.measure(inputs, withoutPadding(context));
  } finally {
    tf.dispose(Object.values(inputs));
  }
}

/** A row's loss is then the same in every batch, and answers to questions are found in less time. */
function withoutPadding(context: ForwardContext): ForwardContext {
  return { ...context, ignoresPadding: true };
}
