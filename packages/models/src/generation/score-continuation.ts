// Computes how likely a model finds an existing text, such as one of another model, or of itself with other adapters.

import { type ForwardContext, inferenceContext } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../errors.ts";
import { KeyValueCache } from "../parts/cache/key-value-cache.ts";
import type { PretrainedModel } from "../pretrained-model.ts";

/** A text in two parts. */
export interface ScoredText {
  /** At least one token: the first has nothing before it that could make it likely. */
  readonly promptIds: readonly number[];
  readonly ids: readonly number[];
}

/** Number of positions whose logits exist at a time: with a vocabulary of 50 000 tokens they take 3 MB. */
const positionsAtOnce = 16;

/**
 * The natural logarithm of the probability of each token of `ids`, given everything before it. For language models without an
 * encoder.
 *
 * @throws MODEL_INPUT, POSITION_LIMIT, UNKNOWN_ADAPTER; the signal's reason.
 *
 * @example
 * ```ts
 * import { type PretrainedModel, scoreContinuation } from "@lowrank/models";
 *
 * export async function probability(model: PretrainedModel, promptIds: readonly number[], ids: readonly number[]) {
 *   const scores = await scoreContinuation(model, { promptIds, ids });
 *   return Math.exp(scores.reduce((sum, score) => sum + score, 0));
 * }
 * ```
 */
export async function scoreContinuation(
  model: PretrainedModel,
  { promptIds, ids }: ScoredText,
  context: ForwardContext = inferenceContext(),
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly number[]> {
  if (promptIds.length === 0) throw modelInputError("promptIds", "a prompt needs at least one token");
  const cache = new KeyValueCache(context.adapters);
  const read = (tokens: readonly number[], call: "forward" | "forwardLast") =>
    tf.tidy(() => model[call]({ inputIds: tf.tensor2d([tokens as number[]], undefined, "int32"), cache }, context));
  const scores: number[] = [];
  try {
    scores.push(...(await logProbabilities(read(promptIds, "forwardLast"), ids.slice(0, 1))));
    for (let start = 0; start < ids.length - 1; start += positionsAtOnce) {
      await new Promise((resolve) => setTimeout(resolve, 0)); // lets timers and messages run
      options.signal?.throwIfAborted();
      const end = Math.min(start + positionsAtOnce, ids.length - 1);
      const logits = read(ids.slice(start, end), "forward");
      scores.push(...(await logProbabilities(logits, ids.slice(start + 1, end + 1))));
    }
    return scores;
  } finally {
    cache.dispose();
  }
}

/** ln softmax at one token a row of logits [1 (· time), vocabulary], which it frees. */
async function logProbabilities(logits: tf.Tensor, ids: readonly number[]): Promise<readonly number[]> {
  try {
    const vocabulary = logits.shape.at(-1) ?? 0;
    const values = await logits.data<"float32">();
    return ids.map((id, row) => {
      const rowLogits = values.subarray(row * vocabulary, (row + 1) * vocabulary);
      const highest = rowLogits.reduce((max, logit) => Math.max(max, logit), Number.NEGATIVE_INFINITY);
      const sum = rowLogits.reduce((total, logit) => total + Math.exp(logit - highest), 0);
      return (rowLogits[id] ?? Number.NaN) - highest - Math.log(sum);
    });
  } finally {
    logits.dispose();
  }
}
