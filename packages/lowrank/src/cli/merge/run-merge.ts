// lowrank merge: merges an adapter into the base's weights, from file to file, and reports the result.

import { type ExportDtype, exportFiles, planMerge } from "@lowrank/merge/internal";
import { findAdapters } from "../../adapters/weighted-set.ts";
import { UsageError } from "../../errors/usage-errors.ts";
import { exportSource, mergedTexts } from "../../merge/export-source.ts";
import { type OpenedInFiles, openInFiles } from "../../merge/open-in-files.ts";
import { classNamesFor } from "../../merged-model.ts";
import { nodePlatform } from "../../node/node-platform.ts";
import { omitUndefined } from "../../omit-undefined.ts";
import type { ModelOutput } from "../../platform.ts";
import { decodeClassNames } from "../../rows/classes/class-names.ts";
import { printFiles, withLock } from "../adapter-output.ts";
import { withBase } from "../base-for.ts";
import { sourceContext } from "../open-model.ts";
import { pathsOf } from "../options/named-adapters.ts";
import { startEngine } from "../start-engine.ts";
import { formatNumber, plural } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import { mergeToGguf } from "./merge-to-gguf.ts";
import { type FullOptions, isVerified, type MergeOptions, type Written, writeMerged } from "./write-merged.ts";

/** Merges an adapter into its base and writes the result. Throws MERGE_VERIFICATION before the output is in place. */
export async function runMerge(requested: MergeOptions, report: Report): Promise<void> {
  const options = await withBase(requested, report);
  const { model, adapter, out, overwrite, plan = false } = options;
  const rules = { kind: "folder", overwrite, isApart: true, inputs: [model, ...pathsOf(adapter)] } as const;
  await withLock(plan ? undefined : out, rules, async () => {
    // Folding needs no engine: the plainest starts at once and takes no memory.
    const isPlain = options.engine === undefined && !isVerified(options);
    await startEngine(isPlain ? { ...options, engine: "cpu" } : options, report);
    const context = sourceContext(report);
    const sources = {
      model: () => nodePlatform.findModel(model, context),
      adapter: () => findAdapters(nodePlatform, adapter, context),
    };
    const opened = await openInFiles(sources, options, report);
    try {
      await mergeOpened(opened, options, report);
    } finally {
      opened.dispose();
      await opened.weights.close();
    }
  });
}

async function mergeOpened(opened: OpenedInFiles, options: FullOptions, report: Report): Promise<void> {
  const { model, toMerge, weights, adapter, tokenizerFolder } = opened;
  const { dtype = "F32", tied, out, plan = false } = options;
  if (adapter.mergeOnly && isVerified(options))
    throw new UsageError("This adapter can only be merged, so nothing can be compared: remove --verify, --tolerance.");
  const merge = planMerge(model, toMerge, { weights, tied });
  if (options.to === "gguf") return mergeToGguf(opened, { merge, options }, report);
  if (!isFolderType(dtype)) throw new UsageError(`--dtype ${dtype} is GGUF's own: add --to gguf.`);
  const labelNames = classNamesFor(model, decodeClassNames(adapter.metadata));
  const output: ModelOutput = {
    model,
    merge,
    dtype,
    source: await exportSource(opened, report),
    texts: await mergedTexts(opened),
    ...omitUndefined({ labelNames, tokenizer: tokenizerFolder }),
  };
  const { changed } = merge;
  if (plan) {
    const files: { name: string; bytes: number }[] = [];
    const { model: merged, ...exported } = output;
    for await (const { name, bytes } of exportFiles(merged, exported)) files.push({ name, bytes });
    report.emit({ type: "plan", out, changed, files });
    printFiles(files, report);
    report.print(`${plural(changed.length, "weight")} would change; nothing is written`);
    return;
  }
  const written = await writeMerged(output, { opened, options }, report);
  report.emit({ out, changed, ...written });
  report.print(`${plural(changed.length, "weight")} changed`);
  printErrors(written, options, report);
  const { quantization } = model.config;
  if (quantization !== null)
    report.print(
      `the base's linear layers are quantized (${quantization.method}): the merged model has them dequantized, as plain numbers. ` +
        "PEFT quantizes merged bitsandbytes layers again, which rounds the update",
    );
  printFiles(written.files, report);
  report.print(`written to ${out}`);
}

function printErrors({ rounding, largestDifference }: Written, { dtype = "F32" }: FullOptions, report: Report): void {
  if (rounding !== undefined) {
    const max = `${formatNumber(rounding.largest)} at most (${rounding.tensor})`;
    const type = dtype === "as-base" ? "the base's type" : dtype;
    report.print(`rounded to ${type}, by ${max}; --dtype F32 keeps them`);
  }
  if (largestDifference !== undefined)
    report.print(
      `merged and adapted logits differ by ${formatNumber(largestDifference)} at most (a sample input, as written and read back)`,
    );
}

function isFolderType(dtype: NonNullable<FullOptions["dtype"]>): dtype is ExportDtype {
  return dtype === "as-base" || dtype === "F32" || dtype === "F16" || dtype === "BF16";
}
