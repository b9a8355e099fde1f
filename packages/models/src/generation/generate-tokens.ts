// Continues prompts token by token. A batch is padded on the left and each row keeps its own positions, so that every
// prompt gives what it would give alone.

import { type ForwardContext, inferenceContext, refuseUnknownOptions } from "@lowrank/contracts";
import { withRoundedProducts } from "@lowrank/engine";
import type { ModelConfig } from "@lowrank/families";
import * as tf from "@tensorflow/tfjs-core";
import type { BannedTokens, ForcedTokens } from "../folder/generation-defaults.ts";
import { KeyValueCache } from "../parts/key-value-cache.ts";
import type { PretrainedModel } from "../pretrained-model.ts";
import { bannedAt, withoutTokens } from "./banned-tokens.ts";
import { checkLogits } from "./check-logits.ts";
import { forcedToken } from "./forced-tokens.ts";
import { checkGeneration, type GenerationOptions, generationNames } from "./generation-options.ts";
import { penalizeRepetition } from "./repetition-penalty.ts";
import { likeliestToken, sampleToken } from "./sampling.ts";
import { stopRule } from "./stop-rule.ts";
import { firstWindow, type Window } from "./window.ts";

/** One new token of one prompt. */
export interface GeneratedToken {
  /** Which prompt, counted from 0. */
  readonly prompt: number;
  readonly id: number;
  /** Whether it is the prompt's last: an end token, the end of a stop string, or the last that was asked for. */
  readonly isLast: boolean;
}

/**
 * The new tokens of every prompt as they come, round by round. A consumer that stops early frees everything.
 *
 * @throws GenerationOptionError, ModelInputError, PositionLimitError before anything is computed; NonFiniteOutputError; the
 * signal's reason.
 *
 * @example
 * ```ts
 * import { generateTokens, type PretrainedModel } from "@lowrank/models";
 *
 * async function firstTokenAbove(model: PretrainedModel, prompt: readonly number[], least: number): Promise<number> {
 *   for await (const { id } of generateTokens(model, { promptIds: [prompt], maxNewTokens: 50 })) {
 *     if (id >= least) return id;
 *   }
 *   return -1;
 * }
 * ```
 */
export async function* generateTokens(
  model: PretrainedModel,
  options: GenerationOptions,
): AsyncGenerator<GeneratedToken, void, undefined> {
  refuseUnknownOptions("generateTokens", options, generationNames);
  checkGeneration(model, options);
  const { promptIds, maxNewTokens, signal, context = inferenceContext() } = options;
  const rows = promptIds.map((): number[] => []);
  const { generation } = model;
  const { decoderStartTokenId: start = generation.decoderStartTokenId } = options;
  const read = decoded(model, promptIds, start);
  const { eosTokenIds = generation.eosTokenIds, forced = generation.forced, banned = generation.banned } = options;
  const isEnd = stopRule(eosTokenIds, options.stopStrings);
  const ended = promptIds.map(() => false);
  let cache = new KeyValueCache(context.adapters);
  try {
    let next = firstWindow(model, promptIds, { start, inputFeatures: options.inputFeatures });
    for (let step = 0; step < maxNewTokens; step++) {
      await pause(step);
      signal?.throwIfAborted();
      const logits = lastLogits(model, next, { cache, context });
      const seen = rows.map((row, prompt) => [...(read[prompt] ?? []), ...row]);
      const ids = await chooseTokens(logits, { options: { ...options, forced, banned }, seen, step });
      for (const [prompt, id] of ids.entries()) {
        const row = rows[prompt];
        if (ended[prompt] || row === undefined) continue;
        row.push(id);
        const isLast = step === maxNewTokens - 1 || isEnd(row);
        ended[prompt] = isLast;
        yield { prompt, id, isLast };
      }
      if (ended.every(Boolean)) return;
      next = next.after(ids);
      if (!turnsOtherwise(model.config, next.positions)) continue;
      cache.dispose();
      cache = new KeyValueCache(context.adapters, { generated: rows.map(({ length }) => length) });
      const texts = promptIds.map((prompt, row) => [...prompt, ...(rows[row] ?? [])]);
      next = firstWindow(model, texts, { start });
    }
  } finally {
    cache.dispose();
  }
}

function lastLogits(
  model: PretrainedModel,
  window: Window,
  { cache, context }: { readonly cache: KeyValueCache; readonly context: ForwardContext },
): tf.Tensor2D {
  return withRoundedProducts(() => tf.tidy(() => model.forwardLast({ ...window.inputs(), cache }, context)));
}

interface Choice {
  readonly options: GenerationOptions & { readonly forced: ForcedTokens; readonly banned: BannedTokens };
  /** Of each prompt what the decoder has read and written. */
  readonly seen: readonly (readonly number[])[];
  readonly step: number;
}

/** Frees the logits [batch, vocabulary]. */
async function chooseTokens(logits: tf.Tensor2D, choice: Choice): Promise<number[]> {
  const { options, seen, step } = choice;
  const { sampling, maxNewTokens, forced } = options;
  try {
    const ids = await chosenByLogits(logits, choice);
    return ids.map((id, prompt) => {
      const place = { prompt, step, maxNewTokens, read: (seen[prompt]?.length ?? 0) - step };
      return forcedToken(forced, place, sampling) ?? id;
    });
  } finally {
    logits.dispose();
  }
}

async function chosenByLogits(logits: tf.Tensor2D, { options, seen, step }: Choice): Promise<number[]> {
  await checkLogits(logits, step);
  const { sampling, repetitionPenalty = 1, forced } = options;
  const bans = seen.map((tokens) => bannedAt(options.banned, { seen: tokens, step, forced }));
  if (sampling === undefined && repetitionPenalty === 1 && bans.every(({ length }) => length === 0)) {
    const best = tf.argMax(logits, 1);
    const ids = Array.from(await best.data());
    best.dispose();
    return ids;
  }
  const vocabulary = logits.shape[1];
  const values = await logits.data<"float32">();
  return seen.map((tokens, prompt) => {
    const own = values.subarray(prompt * vocabulary, (prompt + 1) * vocabulary);
    const allowed = withoutTokens(own, bans[prompt] ?? []);
    const penalized = repetitionPenalty === 1 ? allowed : penalizeRepetition(allowed, tokens, repetitionPenalty);
    return sampling === undefined ? likeliestToken(penalized) : sampleToken(penalized, sampling, { prompt, step });
  });
}

/** What a repetition would repeat: the prompts, or of an encoder–decoder, whose sources are not its own words, the start. */
function decoded(
  model: PretrainedModel,
  promptIds: GenerationOptions["promptIds"],
  start: number | null,
): GenerationOptions["promptIds"] {
  if (model.task !== "sequence-to-sequence" || model.config.melBins > 0) return promptIds;
  return promptIds.map(() => (start === null ? [] : [start]));
}

/**
 * Whether the longest text has just become so long that all its keys turn at other speeds (LongRoPE): those in the cache
 * are of no use any more. transformers begins anew there as well.
 */
function turnsOtherwise({ rotary }: ModelConfig, positions: number): boolean {
  return rotary?.scaling.type === "longrope" && positions === rotary.scaling.originalMaxPositions + 1;
}

/** Lets timers and messages through now and then: most backends never wait, so an abort would go unheard. */
async function pause(step: number): Promise<void> {
  if (step % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
}
