// lowrank extract: finds the difference between two checkpoints, read from their files.

import { extractAdapter } from "@lowrank/merge";
import { type ExtractedAdapter, type ModelInFiles, planExtraction } from "@lowrank/merge/internal";
import type { PretrainedModel } from "@lowrank/models";
import { WeightsInFiles } from "@lowrank/models/internal";
import { nodePlatform } from "../../node/node-platform.ts";
import { omitUndefined } from "../../omit-undefined.ts";
import { loadBase } from "../../open/load-base.ts";
import type { ModelSource } from "../../open/model-source.ts";
import { configFor } from "../../train/new-adapter.ts";
import { type AdapterOutput, putAdapter, withLock } from "../adapter-output.ts";
import { sourceContext } from "../open-model.ts";
import type { EngineOptions } from "../options/shared-options.ts";
import { startEngine } from "../start-engine.ts";
import { startByteCount } from "../terminal/byte-count.ts";
import { formatBytes, formatNumber, plural } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import { formatTable, numberColumns } from "../terminal/table.ts";

export interface ExtractOptions extends EngineOptions, AdapterOutput {
  readonly model: string;
  readonly tuned: string;
  readonly rank: number;
  readonly energy?: number;
  readonly targetModules: string | readonly string[];
  readonly useDora?: boolean;
  readonly seed: number;
}

export async function runExtract(options: ExtractOptions, report: Report): Promise<void> {
  const { model, tuned, out, overwrite, plan = false } = options;
  const rules = { kind: "folder", overwrite, isApart: true, inputs: [model, tuned] } as const;
  await withLock(plan ? undefined : out, rules, async () => {
    await startEngine(options, report);
    const base = await openModelInFiles(model, report);
    try {
      const fields = { rank: options.rank, alpha: options.rank, targetModules: options.targetModules };
      const config = configFor(base.model, { ...fields, useDora: options.useDora === true }, base.source);
      if (plan) printPlan(planExtraction(base.model, config), options, report);
      else await extractFrom({ base, config, options }, report);
    } finally {
      await close(base);
    }
  });
}

interface OpenedInFiles extends ModelInFiles {
  readonly model: PretrainedModel;
  readonly weights: WeightsInFiles;
  readonly source: ModelSource;
}

async function openModelInFiles(path: string, report: Report): Promise<OpenedInFiles> {
  const weights = new WeightsInFiles();
  const source = await nodePlatform.findModel(path, sourceContext(report));
  const model = await loadBase(source, { leftIn: weights }, { adapter: undefined, notices: report });
  return { model, weights, source };
}

async function close({ model, weights }: OpenedInFiles): Promise<void> {
  model.dispose();
  await weights.close();
}

interface Extraction {
  readonly base: OpenedInFiles;
  readonly config: ReturnType<typeof configFor>;
  readonly options: ExtractOptions;
}

async function extractFrom({ base, config, options }: Extraction, report: Report): Promise<void> {
  const { out, model, tuned: path, energy, seed } = options;
  const tuned = await openModelInFiles(path, report);
  const count = startByteCount(report, "compared");
  try {
    const found = await extractAdapter({
      base,
      tuned,
      config,
      seed,
      baseFingerprint: base.model.fingerprint,
      ...omitUndefined({ energy }),
      onProgress: ({ done, total }) => count.at({ bytes: 4 * done, total: 4 * total }),
    });
    count.stop();
    printDifference(found, report);
    const files = await putAdapter(found.adapter, options, report);
    const { layers, unchanged, others } = found;
    report.emit({ out, model, tuned: path, layers, unchanged, others, files });
  } finally {
    count.stop();
    await close(tuned);
  }
}

function printPlan({ sites }: ReturnType<typeof planExtraction>, { out, rank }: ExtractOptions, report: Report): void {
  const bytes = 4 * sites.reduce((sum, { parameters }) => sum + parameters, 0);
  report.emit({ type: "plan", out, modules: sites.map(({ path }) => path), bytes });
  for (const { path, inFeatures, outFeatures } of sites) report.print(`${path}  ${inFeatures} → ${outFeatures}`);
  report.print(
    `${plural(sites.length, "module")}, ${formatBytes(bytes)} at most, with rank ${rank}; nothing is written to ${out}`,
  );
}

function printDifference({ layers, unchanged, others }: ExtractedAdapter, report: Report): void {
  const rows = layers.map(({ path, rank, baseNorm, norm, error }) => [
    path,
    `${rank}`,
    formatNumber(norm / baseNorm),
    formatNumber(error),
  ]);
  for (const line of formatTable(numberColumns("module", "rank", "‖ΔW‖/‖W‖", "missed"), rows)) report.print(line);
  if (unchanged.length > 0) report.print(`the same in both: ${unchanged.join(", ")}`);
  if (others.length === 0) return;
  const largest = others.reduce((max, one) => (one.relative > max.relative ? one : max));
  report.warn({
    code: "CHANGES_LEFT_OUT",
    message:
      `${plural(others.length, "other weight")} changed and cannot be in the adapter. The largest change is ` +
      `${formatNumber(largest.relative)} of the norm of ${largest.path}.`,
  });
}
