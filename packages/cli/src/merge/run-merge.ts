// lowrank merge: fold, check, write, read back.

import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { inferenceContext } from "@lowrank/contracts";
import { configFromGguf } from "@lowrank/families";
import { openGguf } from "@lowrank/gguf";
import { type ExportOptions, mergeAdapter, verifyMerge } from "@lowrank/merge";
import { writeModelFolder } from "@lowrank/merge/node";
import { openFile } from "@lowrank/safetensors/node";
import type * as tf from "@tensorflow/tfjs-core";
import type { MergeOptions } from "../commands/merge.ts";
import { checkOutput } from "../session/check-output.ts";
import { type OpenedModel, openModel } from "../session/open-model.ts";
import { startEngine } from "../session/start-engine.ts";
import { formatNumber } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import { sampleLogits } from "./sample-logits.ts";

/** Merges an adapter into its base and writes the result; throws MergeVerificationError before writing anything. */
export async function runMerge(options: MergeOptions, report: Report): Promise<void> {
  const { model, adapter, out, overwrite } = options;
  await checkOutput(out, { overwrite, inputs: [model, adapter] });
  const engine = await startEngine(options, report);
  const opened = await openModel({ model, adapter }, report);
  try {
    const adapted = sampleLogits(opened.model, opened.context);
    try {
      const { changed, largestDifference } = await mergeAndVerify(opened, adapted, options);
      await mkdir(dirname(resolve(out)), { recursive: true });
      const sourceFolder = await exportSource(opened);
      await writeModelFolder(out, {
        model: opened.model,
        sourceFolder,
        ...(opened.tokenizerFolder === undefined ? {} : { tokenizerFolder: opened.tokenizerFolder }),
        dtype: options.dtype,
        overwrite: overwrite === true,
      });
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

async function mergeAndVerify(
  { model, handle }: OpenedModel,
  adapted: tf.Tensor,
  options: MergeOptions,
): Promise<{ readonly changed: readonly string[]; readonly largestDifference: number }> {
  if (handle === undefined) throw new Error("There is no adapter to merge.");
  const tolerance = options.tolerance ?? (await toleranceFor(adapted));
  const { changed } = await mergeAdapter(model, handle, { keepOriginals: false });
  const merged = sampleLogits(model, inferenceContext());
  try {
    const { largestDifference } = await verifyMerge({ adapted, merged, tolerance });
    return { changed, largestDifference };
  } finally {
    merged.dispose();
  }
}

/** Float32 has some seven digits, so logits in the hundreds cannot agree to 1e-4. */
async function toleranceFor(logits: tf.Tensor): Promise<number> {
  const values = Float32Array.from(await logits.data());
  const magnitude = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return 1e-4 * Math.max(1, magnitude / 16);
}

/** The base's folder, or what a .gguf file says in place of a config.json. */
async function exportSource({ folder, path }: OpenedModel): Promise<ExportOptions["source"]> {
  if (!path.endsWith(".gguf")) return folder ?? { config: {} };
  const source = await openFile(path);
  try {
    const { metadata, tensors } = await openGguf(source);
    return { config: configFromGguf(metadata, new Set(tensors.keys())) };
  } finally {
    await source.close?.();
  }
}

/** How far the written folder is from the adapted model: number types narrower than F32 round. */
async function readBack(out: string, adapted: tf.Tensor, report: Report): Promise<number> {
  const opened = await openModel({ model: out }, report);
  const written = sampleLogits(opened.model, opened.context);
  try {
    const tolerance = Number.POSITIVE_INFINITY;
    return (await verifyMerge({ adapted, merged: written, tolerance })).largestDifference;
  } finally {
    written.dispose();
    opened.dispose();
  }
}
