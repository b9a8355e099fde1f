// lowrank merge: fold, check, write, read back.

import { verifyMerge } from "@lowrank/merge";
import type * as tf from "@tensorflow/tfjs-core";
import { given } from "../../given.ts";
import { classNamesFor } from "../../merge/class-names-for.ts";
import { exportSource } from "../../merge/export-source.ts";
import { mergeVerified } from "../../merge/merge-verified.ts";
import { sampleLogits } from "../../merge/sample-logits.ts";
import { sentenceTexts } from "../../merge/sentence-folder.ts";
import { nodePlatform } from "../../node/node-platform.ts";
import { claimOutput } from "../../node/output/check-output.ts";
import { type WithBase, withBase } from "../base-for.ts";
import { openModel } from "../open-model.ts";
import { pathsOf, type WeightedPath } from "../options/named-adapters.ts";
import type { EngineOptions } from "../options/shared-options.ts";
import { startEngine } from "../start-engine.ts";
import { formatNumber } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";

/** The options of `lowrank merge`. */
export interface MergeOptions extends EngineOptions {
  readonly model?: string;
  readonly adapter: readonly WeightedPath[];
  readonly allowDifferentBase?: boolean;
  readonly out: string;
  readonly dtype: "as-base" | "F32" | "F16" | "BF16";
  readonly tied: "refuse" | "untie";
  readonly tolerance?: number;
  readonly overwrite?: boolean;
}

/** Merges an adapter into its base and writes the result; throws MergeVerificationError before writing anything. */
export async function runMerge(asked: MergeOptions, report: Report): Promise<void> {
  const options = await withBase(asked, report);
  const { model, adapter, out, overwrite } = options;
  const release = await claimOutput(out, { kind: "folder", overwrite, inputs: [model, ...pathsOf(adapter)] });
  try {
    await mergeInto(options, report);
  } finally {
    await release();
  }
}

async function mergeInto(options: WithBase<MergeOptions>, report: Report): Promise<void> {
  const { model, adapter, allowDifferentBase, out, overwrite = false, tied, tolerance, dtype } = options;
  const engine = await startEngine(options, report);
  const opened = await openModel({ model, adapter, allowDifferentBase }, report);
  try {
    const base = opened.opened;
    // Nobody needs the model afterwards, so that no second copy of a weight is kept.
    const { adapted, changed, largestDifference } = await mergeVerified(base, {
      keepOriginals: false,
      tied,
      tolerance,
    });
    try {
      const source = await exportSource(base, report);
      const tokenizer = base.tokenizerFolder;
      const labelNames = classNamesFor(base.model, opened.adapters[0]?.classNames);
      const texts = await sentenceTexts({ ...base, recipe: opened.adapters[0]?.opened.recipe });
      const written = { model: base.model, source, dtype, texts, ...given({ tokenizer, labelNames }) };
      await nodePlatform.writeModel(out, written, { overwrite });
      const rounding = await readBack(out, adapted, report);
      report.emit({ out, engine: engine.name, changed, largestDifference, rounding });
      report.say(`${changed.length} weights changed`);
      report.say(`merged and adapted logits differ by ${formatNumber(largestDifference)} at most (a sample input)`);
      report.say(
        `as written and read back: ${formatNumber(rounding)}${rounding > 1e-3 ? " (weights rounded to their file type; --dtype F32 keeps them)" : ""}`,
      );
      report.say(`written to ${out}`);
    } finally {
      adapted.dispose();
    }
  } finally {
    opened.dispose();
  }
}

/** How far the written folder is from the adapted model: number types narrower than F32 round. */
async function readBack(out: string, adapted: tf.Tensor, report: Report): Promise<number> {
  const written = await openModel({ model: out }, report);
  const logits = sampleLogits(written.base, written.opened.context);
  try {
    const tolerance = Number.POSITIVE_INFINITY;
    return (await verifyMerge({ adapted, merged: logits, tolerance })).largestDifference;
  } finally {
    logits.dispose();
    written.dispose();
  }
}
