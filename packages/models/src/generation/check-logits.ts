// Finds logits from which no token can be chosen. Without this check, NaN writes one word for ever or ends the text at once.

import * as tf from "@tensorflow/tfjs-core";
import { NonFiniteOutputError } from "../errors.ts";

/**
 * Throws NonFiniteOutputError if a row of the logits [batch, vocabulary] for new token number `step`, counted from 0, does
 * not show which tokens are more likely.
 */
export async function checkLogits(logits: tf.Tensor2D, step: number): Promise<void> {
  // One number a row is enough to see that all is well: NaN and infinity survive every addition.
  const sums = tf.sum(logits, 1);
  const isWell = (await sums.data()).every(Number.isFinite);
  sums.dispose();
  if (isWell) return;
  const vocabulary = logits.shape[1];
  const values = await logits.data<"float32">();
  for (let prompt = 0; prompt < logits.shape[0]; prompt++)
    checkRow(values.subarray(prompt * vocabulary, (prompt + 1) * vocabulary), { prompt, step });
}

/** Like `checkLogits`, for the logits of one row. */
export function checkRow(
  row: Float32Array,
  { prompt, step }: { readonly prompt: number; readonly step: number },
): void {
  if (Number.isFinite(sumOf(row))) return;
  const bad = unusable(row);
  if (bad === undefined) return;
  throw new NonFiniteOutputError(`A logit of prompt ${prompt + 1}, new token ${step + 1},`, bad);
}

function sumOf(row: Float32Array): number {
  let sum = 0;
  for (let token = 0; token < row.length; token++) sum += row[token] as number; // an iterator takes five times as long
  return sum;
}

/** A value that makes the logits unusable, if there is one. Single values of −∞ are usable: a bias in a file may exclude tokens. */
function unusable(row: Float32Array): number | undefined {
  const above = row.find((logit) => !(logit < Number.POSITIVE_INFINITY));
  return above ?? (row.some(Number.isFinite) ? undefined : row[0]);
}
