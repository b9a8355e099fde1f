// lowrank diff: compares two adapters, or an adapter and its base, as a table, JSON, a page or a picture.

import { basename } from "node:path";
import { diffAdapters } from "@lowrank/merge";
import {
  type AdapterDifference,
  diffFromBase,
  type FileWeights,
  type MergeInFiles,
  planMerge,
  type WeightDifference,
} from "@lowrank/merge/internal";
import { writeFileAtomic } from "@lowrank/safetensors/node";
import { UsageError } from "../../errors/usage-errors.ts";
import { openInFiles } from "../../merge/open-in-files.ts";
import { nodePlatform } from "../../node/node-platform.ts";
import { type Difference, differencePage, differencePicture } from "../../report/difference-page.ts";
import { withLock } from "../adapter-output.ts";
import { withBase } from "../base-for.ts";
import { sourceContext } from "../open-model.ts";
import { weightedPath } from "../options/named-adapters.ts";
import type { EngineOptions } from "../options/shared-options.ts";
import { startEngine } from "../start-engine.ts";
import { startByteCount } from "../terminal/byte-count.ts";
import { formatNumber } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import { formatTable, numberColumns } from "../terminal/table.ts";

export interface DiffOptions extends EngineOptions {
  readonly model?: string;
  readonly allowDifferentBase?: boolean;
  readonly out?: string;
  readonly overwrite?: boolean;
}

type Sides = readonly [adapter: string, other: string | undefined];

export async function runDiff([adapter, other]: Sides, options: DiffOptions, report: Report): Promise<void> {
  const { out, overwrite = false, model } = options;
  if (other !== undefined && model !== undefined)
    throw new UsageError("Two adapters are compared without a base. Leave out --model or the second adapter.");
  if (out !== undefined && !/\.(html|svg)$/i.test(out))
    throw new UsageError(`--out "${out}" should end in .html, for a page, or in .svg, for a picture.`);
  const rules = { kind: "file", overwrite, inputs: [adapter, other, model] } as const;
  await withLock(out, rules, async () => {
    const found =
      other === undefined ? await fromBase(adapter, options, report) : await ofTwo([adapter, other], report);
    if (out === undefined) return;
    await writeFileAtomic(out, /\.svg$/i.test(out) ? differencePicture(found) : differencePage(found), { overwrite });
    report.print(`written to ${out}`);
  });
}

async function ofTwo(paths: readonly [string, string], report: Report): Promise<Difference> {
  const context = sourceContext(report);
  const read = async (path: string) => (await nodePlatform.findAdapter(path, context)).read({ onWarning: report.warn });
  const difference = diffAdapters(await read(paths[0]), await read(paths[1]));
  report.emit({ type: "adapters", adapters: paths, ...asJson(difference) });
  printAdapters(difference, report);
  return { adapters: [basename(paths[0]), basename(paths[1])], difference };
}

function asJson({ layers, saved, alone }: AdapterDifference) {
  return {
    layers: layers.map(({ similarity: { inputs, outputs }, ...layer }) => ({
      ...layer,
      similarity: { inputs: asRows(inputs), outputs: asRows(outputs) },
    })),
    saved,
    alone,
  };
}

type Similarities = AdapterDifference["layers"][number]["similarity"]["inputs"];

function asRows({ rows, columns, values }: Similarities): readonly (readonly number[])[] {
  return Array.from({ length: rows }, (_, row) => [...values.subarray(row * columns, (row + 1) * columns)]);
}

function printAdapters({ layers, saved, alone }: AdapterDifference, report: Report): void {
  const rows = layers.map(({ path, norms, distance, cosine, similarity }) => {
    const [inputs, outputs] = [similarity.inputs.values.at(-1), similarity.outputs.values.at(-1)];
    return [path, ...[...norms, distance, cosine, inputs ?? Number.NaN, outputs ?? Number.NaN].map(formatNumber)];
  });
  const columns = numberColumns("module", "‖ΔW₁‖", "‖ΔW₂‖", "‖ΔW₁−ΔW₂‖", "cosine", "φ inputs", "φ outputs");
  for (const line of formatTable(columns, rows)) report.print(line);
  for (const { key, relative } of saved) report.print(`${key} (whole): ‖V₁−V₂‖/‖V₁‖ ${formatNumber(relative)}`);
  for (const [index, names] of alone.entries())
    if (names.length > 0) report.print(`only in the ${index === 0 ? "first" : "second"}: ${names.join(", ")}`);
}

async function fromBase(path: string, requested: DiffOptions, report: Report): Promise<Difference> {
  const adapter = [weightedPath(path)];
  const options = await withBase({ ...requested, adapter }, report);
  await startEngine({ ...options, engine: options.engine ?? "cpu" }, report); // it computes no matrix products
  const context = sourceContext(report);
  const sources = {
    model: () => nodePlatform.findModel(options.model, context),
    adapter: () => nodePlatform.findAdapter(path, context),
  };
  const opened = await openInFiles(sources, options, report);
  try {
    const merge = planMerge(opened.model, opened.toMerge, { weights: opened.weights, tied: "untie" });
    const weights = await measured(opened.weights, merge, report);
    report.emit({ type: "base", adapter: path, model: options.model, weights });
    const rows = weights.map(({ path, baseNorm, norm, relative }) => [
      path,
      ...[baseNorm, norm, relative].map(formatNumber),
    ]);
    for (const line of formatTable(numberColumns("weight", "‖W‖", "‖ΔW‖", "‖ΔW‖/‖W‖"), rows)) report.print(line);
    return { adapter: basename(path), base: basename(options.model), weights };
  } finally {
    opened.dispose();
    await opened.weights.close();
  }
}

async function measured(files: FileWeights, merge: MergeInFiles, report: Report): Promise<readonly WeightDifference[]> {
  const count = startByteCount(report, "compared");
  const bytesOf = (path: string) => 4 * (files.weight(path)?.shape.reduce((size, length) => size * length, 1) ?? 0);
  const total = merge.changed.reduce((sum, path) => sum + bytesOf(path), 0);
  const weights: WeightDifference[] = [];
  let bytes = 0;
  for await (const weight of diffFromBase(merge)) {
    weights.push(weight);
    bytes += bytesOf(weight.path);
    count.at({ bytes, total });
  }
  count.stop();
  return weights;
}
