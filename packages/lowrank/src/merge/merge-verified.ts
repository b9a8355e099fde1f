// Merging, and looking whether the merged model computes what the adapted one did.

import { inferenceContext } from "@lowrank/contracts";
import { type MergeOptions, mergeAdapter, verifyMerge } from "@lowrank/merge";
import type * as tf from "@tensorflow/tfjs-core";
import type { Notices } from "../notices.ts";
import { type OpenedBase, openBase } from "../open/open-base.ts";
import { sampleLogits } from "./sample-logits.ts";

export interface VerifiedMergeOptions extends MergeOptions {
  /** By how much logits may differ; default: by how large they are. */
  readonly tolerance?: number | undefined;
  /** Whether the base's weights are in blocks, so that other kernels multiply them than the merged ones. */
  readonly isPacked?: boolean;
}

/** Sums of other kernels have another order: in SmolLM2's 30 layers they end 5e-4 apart where logits reach 32. */
const slackOfPacked = 8;

/** Merges the adapter that is attached; the caller disposes of `adapted`, the logits before. Throws MergeVerificationError, and what `mergeAdapter` does. */
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

/** Float32 has some seven digits, so logits in the hundreds cannot agree to 1e-4. */
export async function toleranceFor(logits: tf.Tensor): Promise<number> {
  const values = Float32Array.from(await logits.data());
  const magnitude = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return 1e-4 * Math.max(1, magnitude / 16);
}

/** The same base in float32 with the same adapter; the caller disposes of it. */
export async function openExactly(
  { handle, model, source, tokenizerFolder, recipe, setup }: OpenedBase,
  notices: Notices,
): Promise<OpenedBase> {
  if (handle === undefined) throw new Error("There is no adapter to merge.");
  const adapter = await handle.toAdapter();
  const places = {
    model: async () => source,
    adapter: async () => ({
      ...{ name: handle.name, tokenizer: tokenizerFolder },
      ...{ read: async () => adapter, setup: async () => setup ?? {} },
    }),
  };
  const exact = await openBase(places, { task: model.task, minTokens: model.config.vocabularySize }, notices);
  return { ...exact, recipe };
}
