// Continues prompts token by token. A batch is padded on the left and each row keeps its own positions, so that every
// prompt gives what it would give alone.

import { type ForwardContext, inferenceContext } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import { GenerationOptionError, ModelInputError, PositionLimitError } from "../errors.ts";
import type { PretrainedModel } from "../pretrained-model.ts";
import { KeyValueCache } from "./key-value-cache.ts";
import { checkSampling, type Sampling, sampleToken } from "./sampling.ts";
import { firstWindow, type Window } from "./window.ts";

export interface GenerationOptions {
  /** At least one token each; lengths may differ. */
  readonly promptIds: readonly (readonly number[])[];
  readonly maxNewTokens: number;
  /** A row ends with the first of these. Default: the configuration's. */
  readonly eosTokenIds?: readonly number[];
  /** Absent: always the likeliest token. */
  readonly sampling?: Sampling;
  /** Which adapters; none by default. */
  readonly context?: ForwardContext;
  /** Looked at before each token; the promise rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Each token as soon as it is known, the end token included. */
  readonly onToken?: (token: { readonly prompt: number; readonly id: number }) => void;
}

/**
 * Continues each prompt, or with an encoder–decoder answers each source; returns the new tokens of each, its end token included if one came.
 *
 * @throws GenerationOptionError, ModelInputError, PositionLimitError before anything is computed.
 *
 * @example
 * ```ts
 * import { GenerationOptionError, generate, type PretrainedModel } from "@lowrank/models";
 *
 * async function continueGreedily(model: PretrainedModel, prompt: readonly number[]): Promise<readonly number[]> {
 *   const [tokens = []] = await generate(model, { promptIds: [prompt], maxNewTokens: 20 });
 *   return tokens;
 * }
 * ```
 */
export async function generate(model: PretrainedModel, options: GenerationOptions): Promise<number[][]> {
  check(model, options);
  const { promptIds, maxNewTokens, signal, context = inferenceContext() } = options;
  const rows = promptIds.map((): number[] => []);
  const isEnd = new Set(options.eosTokenIds ?? model.config.eosTokenIds);
  const ended = promptIds.map(() => false);
  const cache = new KeyValueCache(context.adapters);
  try {
    let next = firstWindow(model, promptIds);
    for (let step = 0; step < maxNewTokens; step++) {
      await pause(step);
      signal?.throwIfAborted();
      const logits = lastLogits(model, next, { cache, context });
      const ids = await chooseTokens(logits, options.sampling, step);
      ids.forEach((id, prompt) => {
        if (ended[prompt]) return;
        rows[prompt]?.push(id);
        options.onToken?.({ prompt, id });
        if (isEnd.has(id)) ended[prompt] = true;
      });
      if (ended.every(Boolean)) break;
      next = next.after(ids);
    }
    return rows;
  } finally {
    cache.dispose();
  }
}

function lastLogits(
  model: PretrainedModel,
  window: Window,
  { cache, context }: { readonly cache: KeyValueCache; readonly context: ForwardContext },
): tf.Tensor2D {
  return tf.tidy(() => model.forwardLast({ ...window.inputs(), cache }, context));
}

/** Frees the logits [batch, vocabulary]. */
async function chooseTokens(logits: tf.Tensor2D, sampling: Sampling | undefined, step: number): Promise<number[]> {
  if (sampling === undefined) {
    const best = tf.argMax(logits, 1);
    logits.dispose();
    const ids = Array.from(await best.data());
    best.dispose();
    return ids;
  }
  const [batch, vocabulary] = logits.shape;
  const values = Float32Array.from(await logits.data());
  logits.dispose();
  return Array.from({ length: batch }, (_, prompt) =>
    sampleToken(values.subarray(prompt * vocabulary, (prompt + 1) * vocabulary), sampling, { prompt, step }),
  );
}

/** Lets timers and messages through now and then: most backends never wait, so an abort would go unheard. */
async function pause(step: number): Promise<void> {
  if (step % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
}

function check(model: PretrainedModel, { promptIds, maxNewTokens, sampling }: GenerationOptions): void {
  const isSourced = model.task === "sequence-to-sequence";
  if (model.task !== "causal-lm" && !isSourced) {
    throw new GenerationOptionError(
      "model",
      `a model for ${model.task}`,
      "one loaded for causal-lm or sequence-to-sequence",
    );
  }
  if (!(Number.isInteger(maxNewTokens) && maxNewTokens >= 0)) {
    throw new GenerationOptionError("maxNewTokens", maxNewTokens, "an integer from 0");
  }
  if (promptIds.length === 0 || promptIds.some(({ length }) => length === 0)) {
    throw new ModelInputError("promptIds", "every prompt needs at least one token");
  }
  const { vocabularySize, maxPositions } = model.config;
  const wrong = promptIds.flat().find((id) => !(Number.isInteger(id) && id >= 0 && id < vocabularySize));
  if (wrong !== undefined) throw new ModelInputError("promptIds", `${wrong} is outside 0 to ${vocabularySize - 1}`);
  const longest = Math.max(...promptIds.map(({ length }) => length));
  // The last new token is never fed back, but transformers counts it too. Positions of an encoder are its own.
  const wanted = isSourced ? Math.max(longest, maxNewTokens) : longest + maxNewTokens;
  // 0 stands for a family whose positions have no limit.
  if (maxPositions > 0 && wanted > maxPositions) throw new PositionLimitError(wanted, maxPositions);
  if (sampling !== undefined) checkSampling(sampling, promptIds.length);
}
