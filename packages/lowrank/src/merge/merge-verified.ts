// Merges, and verifies that the merged model computes the same as the adapted one.

import { inferenceContext } from "@lowrank/contracts";
import { type MergeOptions, mergeAdapter, verifyMerge } from "@lowrank/merge";
import type * as tf from "@tensorflow/tfjs-core";
import type { Notices } from "../notices.ts";
import { type OpenedBase, openBase } from "../open/open-base.ts";
import { sampleLogits } from "./sample-logits.ts";

export interface VerifiedMergeOptions extends MergeOptions {
  /** Maximum difference of logits; default: from the size of the logits. */
  readonly tolerance?: number | undefined;
  /** Whether the base is quantized in blocks, so that other kernels multiply it than the merged weights. */
  readonly isPacked?: boolean;
}

/** Other kernels sum in another order: in SmolLM2's 30 layers the logits, up to 32, differ by 5e-4. */
const slackOfPacked = 8;

/** Merges the attached adapter; the caller disposes of `adapted`, the earlier logits. Throws MERGE_VERIFICATION, as `mergeAdapter`. */
export async function mergeVerified(
  { model, handle, context }: OpenedBase,
  { tolerance, isPacked = false, ...options }: VerifiedMergeOptions,
) {
  if (handle === undefined) throw new Error("There is no adapter to merge.");
  const adapted = sampleLogits(model, context);
  try {
    const max = tolerance ?? (await toleranceFor(adapted)) * (isPacked ? slackOfPacked : 1);
    const merged = await mergeAdapter(model, handle, options);
    const logits = sampleLogits(model, inferenceContext());
    try {
      const { largestDifference } = await verifyMerge({ adapted, merged: logits, tolerance: max });
      return { changed: merged.changed, largestDifference, merged, adapted };
    } catch (error) {
      if (options.keepOriginals !== false) merged.undo();
      throw error;
    } finally {
      logits.dispose();
    }
  } catch (error) {
    adapted.dispose();
    throw error;
  }
}

/** Float32 has about seven digits, so logits in the hundreds cannot agree to 1e-4. */
export async function toleranceFor(logits: tf.Tensor): Promise<number> {
  const values = Float32Array.from(await logits.data());
  const magnitude = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return 1e-4 * Math.max(1, magnitude / 16);
}

/** The same base in float32 with the same adapter; the caller disposes of it. */
export async function openExactly(
  { handle, model, source, tokenizerFolder, embedding, setup }: OpenedBase,
  notices: Notices,
): Promise<OpenedBase> {
  if (handle === undefined) throw new Error("There is no adapter to merge.");
  const adapter = await handle.toAdapter();
  const sources = {
    model: async () => source,
    adapter: async () => ({
      name: handle.name,
      tokenizer: tokenizerFolder,
      read: async () => adapter,
      setup: async () => setup ?? {},
    }),
  };
  const exact = await openBase(sources, { task: model.task, minTokens: model.config.vocabularySize }, notices);
  return { ...exact, embedding };
}
