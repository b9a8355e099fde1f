// lowrank merge: fold, check, write, read back.

import { inferenceContext } from "@lowrank/contracts";
import { readTokenizerFiles, TokenizerError } from "@lowrank/data";
import { configFromGguf } from "@lowrank/families/gguf";
import { openGguf } from "@lowrank/gguf";
import { type ExportOptions, mergeAdapter, verifyMerge } from "@lowrank/merge";
import { writeModelFolder } from "@lowrank/merge/node";
import { openFile } from "@lowrank/safetensors/node";
import type * as tf from "@tensorflow/tfjs-core";
import { sampleLogits } from "../../merge/sample-logits.ts";
import { type OpenedModel, openModel } from "../../open/open-model.ts";
import type { MergeOptions } from "../commands/merge.ts";
import { claimOutput } from "../output/check-output.ts";
import { startEngine } from "../start-engine.ts";
import { formatNumber } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";

/** Merges an adapter into its base and writes the result; throws MergeVerificationError before writing anything. */
export async function runMerge(options: MergeOptions, report: Report): Promise<void> {
  const { model, adapter, out, overwrite } = options;
  const release = await claimOutput(out, { kind: "folder", overwrite, inputs: [model, adapter] });
  try {
    await mergeInto(options, report);
  } finally {
    await release();
  }
}

async function mergeInto(options: MergeOptions, report: Report): Promise<void> {
  const { model, adapter, out, overwrite } = options;
  const engine = await startEngine(options, report);
  const opened = await openModel({ model, adapter }, report);
  try {
    const adapted = sampleLogits(opened.model, opened.context);
    try {
      const { changed, largestDifference } = await mergeAndVerify(opened, adapted, options);
      const sourceFolder = await exportSource(opened, report);
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
  const { changed } = await mergeAdapter(model, handle, { keepOriginals: false, tied: options.tied });
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

/** The base's folder, or what a .gguf file says in place of a config.json and a tokenizer. */
async function exportSource(opened: OpenedModel, report: Report): Promise<ExportOptions["source"]> {
  const { folder, path } = opened;
  if (!path.endsWith(".gguf")) return folder ?? { config: {} };
  const source = await openFile(path);
  try {
    const { metadata, tensors } = await openGguf(source);
    const config = configFromGguf(metadata, new Set(tensors.keys()), path);
    return { config, texts: await tokenizerTexts(opened, report) };
  } finally {
    await source.close?.();
  }
}

/** A model without its tokenizer is worth more than none. */
async function tokenizerTexts(
  { files, tokenizerFolder }: OpenedModel,
  report: Report,
): Promise<ReadonlyMap<string, string>> {
  if (tokenizerFolder !== undefined || !(await files.has("tokenizer.json"))) return new Map();
  try {
    return await readTokenizerFiles(files, "all");
  } catch (error) {
    if (!(error instanceof TokenizerError)) throw error;
    report.warn({ code: "TOKENIZER_LEFT_OUT", message: `The merged model gets no tokenizer. ${error.message}` });
    return new Map();
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
