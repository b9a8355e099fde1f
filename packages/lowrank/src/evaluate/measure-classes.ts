// How often a classifier's classes are the right ones, or how well its numbers go with the right ones.

import type { ForwardContext } from "@lowrank/contracts";
import { ignoredLabel, labelScores, type ProblemType, pearson, spearman } from "@lowrank/data";
import { batchTensors, type PretrainedModel } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import { type MeasuredData, measuredBatches } from "../rows/measured-batches.ts";

/** Scores of one classifier; only what applies is there. */
export interface ClassifierScores {
  /** 0 to 1; where a row has several classes, the share of rows all of whose classes are right. */
  readonly accuracy?: number;
  /** F1 of all decisions where a row has several classes, 0 to 1, and the mean of each class's F1. */
  readonly f1Micro?: number;
  readonly f1Macro?: number;
  /** Of a regression, −1 to 1; not there where all numbers are the same. */
  readonly pearson?: number;
  readonly spearman?: number;
}

/** Scores by what the classifier is for. */
export async function measureClasses(
  model: PretrainedModel,
  data: MeasuredData,
  { problem, context }: { readonly problem: ProblemType; readonly context: ForwardContext },
): Promise<ClassifierScores> {
  if (problem === "single_label_classification") return { accuracy: await accuracyOf(model, data, context) };
  const given: number[] = [];
  const right: number[] = [];
  for (const batch of measuredBatches(data)) {
    const logits = tf.tidy(() => {
      const { labels: _, ...inputs } = batchTensors(batch);
      return model.forward(inputs, context); // [batch, outputs]
    });
    given.push(...(await logits.data()));
    logits.dispose();
    right.push(...batch.labels);
  }
  if (problem === "regression") {
    const found = { pearson: pearson(given, right), spearman: spearman(given, right) };
    return Number.isFinite(found.pearson) ? found : {};
  }
  const { labels: classes } = model.config;
  // A logit above 0 is a probability above one half.
  return labelScores(rowsOf(given, classes, 0), rowsOf(right, classes, 0.5), classes);
}

/** The classes of each row whose value is above the border. */
function rowsOf(values: readonly number[], classes: number, border: number): readonly (readonly number[])[] {
  return Array.from({ length: values.length / classes }, (_, row) => {
    const own = values.slice(row * classes, (row + 1) * classes);
    return own.flatMap((value, one) => (value > border ? [one] : []));
  });
}

/** The share of rows, or of labelled tokens, whose likeliest class is the right one. */
async function accuracyOf(model: PretrainedModel, data: MeasuredData, context: ForwardContext): Promise<number> {
  let right = 0;
  let counted = 0;
  for (const batch of measuredBatches(data)) {
    const chosen = tf.tidy(() => {
      const { labels: _, ...inputs } = batchTensors(batch);
      return tf.argMax(model.forward(inputs, context), -1); // [batch], or [batch, time] of a token classifier
    });
    const classes = await chosen.data();
    chosen.dispose();
    right += batch.labels.filter((label, place) => label === classes[place]).length;
    counted += batch.labels.filter((label) => label !== ignoredLabel).length;
  }
  return right / counted;
}
