// Continues prompts token by token. A batch is padded on the left and each row keeps its own positions, so each prompt has
// the same result as alone.

import { type ForwardContext, inferenceContext } from "@lowrank/contracts";
import type { ModelConfig } from "@lowrank/contracts/families";
import { refuseUnknownOptions } from "@lowrank/contracts/internal";
import { withRoundedProducts } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { KeyValueCache } from "../parts/cache/key-value-cache.ts";
import { assemblyOf, type PretrainedModel } from "../pretrained-model.ts";
import { checkLogits } from "./check-logits.ts";
import { chooseToken, forcedHere, isLikeliest, type TokenContext, type TokenRules } from "./choose-token.ts";
import { checkGeneration, type GenerationOptions, generationNames } from "./generation-options.ts";
import { type FinishReason, finishReason, stopRule } from "./stop-rule.ts";
import { reportToken, type TokenReport } from "./token-logprobs.ts";
import { firstWindow, type Window } from "./window.ts";

/** One new token of one prompt, and its log probability if requested. */
export interface GeneratedToken extends Partial<TokenReport> {
  /** Which prompt, counted from 0. */
  readonly prompt: number;
  readonly id: number;
  /** Whether it is the prompt's last: an end token, the end of a stop string, or the last of `maxNewTokens`. */
  readonly isLast: boolean;
  /** Why the text ended, at its last token: it ends the text, or there was room for no more. */
  readonly reason?: FinishReason;
}

/**
 * The new tokens of every prompt as they come, round by round. A consumer that stops early frees everything.
 *
 * @throws GENERATION_OPTION, MODEL_INPUT, POSITION_LIMIT before anything is computed; NonFiniteOutputError; the
 * signal's reason.
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
  const decoderPrompts = decoderPromptsOf(model, promptIds, start);
  const { eosTokenIds = generation.eosTokenIds, forced = generation.forced, banned = generation.banned } = options;
  const { sampling, repetitionPenalty, logitBias, logprobs } = options;
  const rules = { sampling, repetitionPenalty, logitBias, forced, banned, maxNewTokens };
  const isEnd = stopRule(eosTokenIds, options.stopStrings);
  const constraints = promptIds.map(() => options.constraint?.());
  const ended = promptIds.map(() => false);
  const { inputFeatures, pixelValues, imageGrids } = options;
  // Equal tokens may show other images.
  const prefix = keepsKeys(model) && pixelValues === undefined ? options.prefix : undefined;
  const cachedPrefix = prefix?.take(model, promptIds[0] ?? [], context.adapters);
  let cache = cachedPrefix?.cache ?? new KeyValueCache(context.adapters);
  let isCacheWhole = true;
  try {
    const cachedTokens = cachedPrefix?.length;
    let next = firstWindow(model, promptIds, { start, inputFeatures, pixelValues, imageGrids, cachedTokens });
    for (let step = 0; step < maxNewTokens; step++) {
      await pause(step);
      signal?.throwIfAborted();
      isCacheWhole = false;
      const logits = lastLogits(model, next, { cache, context });
      isCacheWhole = true;
      const contexts = rows.map((row, prompt) => {
        const constraint = ended[prompt] === true ? undefined : constraints[prompt];
        return { prompt, step, seen: [...(decoderPrompts[prompt] ?? []), ...row], constraint };
      });
      const chosen = await chooseTokens(logits, { rules, logprobs, contexts });
      for (const [prompt, { id, report }] of chosen.entries()) {
        const row = rows[prompt];
        if (ended[prompt] || row === undefined) continue;
        row.push(id);
        const reason = finishReason(row, { isEnd, constraint: constraints[prompt], maxNewTokens });
        ended[prompt] = reason !== undefined;
        yield { prompt, id, isLast: reason !== undefined, ...(reason && { reason }), ...report };
      }
      if (ended.every(Boolean)) return;
      next = next.after(chosen.map(({ id }) => id));
      if (!rotatesDifferently(model.config, next.positions)) continue;
      cache.dispose();
      cache = new KeyValueCache(context.adapters, { generated: rows.map(({ length }) => length) });
      const texts = promptIds.map((prompt, row) => [...prompt, ...(rows[row] ?? [])]);
      next = firstWindow(model, texts, { start, pixelValues, imageGrids });
    }
  } finally {
    const text = [...(promptIds[0] ?? []), ...(rows[0] ?? [])].slice(0, cache.length);
    if (prefix !== undefined && isCacheWhole && text.length > 0) prefix.keep(model, cache, text);
    else cache.dispose();
  }
}

/** Whether a text's cache can be used for another text: not if later tokens (PaliGemma) or the length (LongRoPE) change its keys. */
function keepsKeys(model: PretrainedModel): boolean {
  return model.config.rotary?.scaling.type !== "longrope" && assemblyOf(model).backbone.seesWhole !== "prompt";
}

function lastLogits(
  model: PretrainedModel,
  window: Window,
  { cache, context }: { readonly cache: KeyValueCache; readonly context: ForwardContext },
): tf.Tensor2D {
  return withRoundedProducts(() => tf.tidy(() => model.forwardLast({ ...window.inputs(), cache }, context)));
}

interface Choice {
  readonly rules: TokenRules;
  /** How many of the likeliest tokens are listed with each token; undefined for no probabilities. */
  readonly logprobs: number | undefined;
  /** One for each prompt. */
  readonly contexts: readonly TokenContext[];
}

interface ChosenToken {
  readonly id: number;
  readonly report?: TokenReport;
}

/** Frees the logits [batch, vocabulary]. */
async function chooseTokens(logits: tf.Tensor2D, { rules, logprobs, contexts }: Choice): Promise<ChosenToken[]> {
  try {
    await checkLogits(logits, contexts[0]?.step ?? 0);
    if (logprobs === undefined && contexts.every((context) => isLikeliest(rules, context))) {
      const best = tf.argMax(logits, 1);
      const ids = Array.from(await best.data());
      best.dispose();
      return contexts.map((context, prompt) => ({ id: forcedHere(rules, context) ?? (ids[prompt] as number) }));
    }
    const vocabulary = logits.shape[1];
    const values = await logits.data<"float32">();
    return contexts.map((context, prompt) => {
      const promptLogits = values.subarray(prompt * vocabulary, (prompt + 1) * vocabulary);
      const id = chooseToken(promptLogits, rules, context);
      return logprobs === undefined ? { id } : { id, report: reportToken(promptLogits, id, logprobs) };
    });
  } finally {
    logits.dispose();
  }
}

/** The decoder's tokens before the new ones, for the rules of tokens: the prompts, or the start token of an encoder–decoder. */
function decoderPromptsOf(
  model: PretrainedModel,
  promptIds: GenerationOptions["promptIds"],
  start: number | null,
): GenerationOptions["promptIds"] {
  if (model.task !== "sequence-to-sequence" || model.config.melBins > 0) return promptIds;
  return promptIds.map(() => (start === null ? [] : [start]));
}

/**
 * Whether the longest text has just become so long that all its keys rotate with other frequencies (LongRoPE): the cached keys
 * are then useless. transformers also computes them again.
 */
function rotatesDifferently({ rotary }: ModelConfig, positions: number): boolean {
  return rotary?.scaling.type === "longrope" && positions === rotary.scaling.originalMaxPositions + 1;
}

/** Lets timers and messages run. Most backends never wait, so without it an abort would have no effect. */
async function pause(step: number): Promise<void> {
  if (step % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
}
