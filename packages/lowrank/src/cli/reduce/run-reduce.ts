// lowrank reduce: reduces an adapter's rank, writes it, and reports the result for each layer.

import { reduceAdapter } from "@lowrank/merge";
import { type IntruderOptions, type ReducedLayer, reduceIntruders } from "@lowrank/merge/internal";
import { UsageError } from "../../errors/usage-errors.ts";
import { omitUndefined } from "../../omit-undefined.ts";
import { type AdapterOutput, putAdapter, withLockedOutput } from "../adapter-output.ts";
import { withBase } from "../base-for.ts";
import type { WeightedPath } from "../options/named-adapters.ts";
import type { EngineOptions } from "../options/shared-options.ts";
import { withOpenModel } from "../start-engine.ts";
import { formatNumber } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import { formatTable, numberColumns } from "../terminal/table.ts";

export interface ReduceOptions extends EngineOptions, AdapterOutput, IntruderOptions {
  readonly adapter: readonly WeightedPath[];
  readonly rank?: number;
  readonly energy?: number;
  readonly intruders?: true;
  readonly model?: string;
  readonly allowDifferentBase?: boolean;
}

export async function runReduce(options: ReduceOptions, report: Report): Promise<void> {
  const { adapter, out, rank, energy, plan = false } = options;
  const isSmaller = rank !== undefined || energy !== undefined;
  if (options.intruders === true) {
    if (isSmaller) throw new UsageError("--intruders keeps all ranks. Remove --rank and --energy.");
    return weakenIntruders(options, report);
  }
  if (!isSmaller) throw new UsageError("Neither --rank nor --energy is given. Give one or both, or --intruders.");
  await withLockedOutput({ ...options, kind: "folder", isApart: true }, report, async (read) => {
    const reduced = reduceAdapter(read, omitUndefined({ rank, energy }));
    printLayers(reduced.layers, report);
    const files = await putAdapter(reduced.adapter, options, report);
    report.emit({ ...(plan && { type: "plan" }), out, adapters: adapter, layers: reduced.layers, files });
  });
}

async function weakenIntruders(requested: ReduceOptions, report: Report): Promise<void> {
  const options = await withBase({ ...requested, engine: requested.engine ?? "cpu" }, report); // it computes no matrix products
  const { adapter, out, plan = false, topK, thresholdEpsilon, mitigationLambda } = options;
  await withLockedOutput({ ...options, kind: "folder", isApart: true }, report, (read) =>
    withOpenModel(options, report, async ({ base }) => {
      const weaker = reduceIntruders(read, base, omitUndefined({ topK, thresholdEpsilon, mitigationLambda }));
      const rows = weaker.layers.map(({ path, intruders }) => [path, `${intruders}`]);
      for (const line of formatTable(numberColumns("module", "intruders"), rows)) report.print(line);
      const files = await putAdapter(weaker.adapter, options, report);
      report.emit({ ...(plan && { type: "plan" }), out, adapters: adapter, layers: weaker.layers, files });
    }),
  );
}

function printLayers(layers: readonly ReducedLayer[], report: Report): void {
  const rows = layers.map(({ path, rank, rankBefore, error }) => [
    path,
    `${rank}`,
    `${rankBefore}`,
    formatNumber(error),
  ]);
  for (const line of formatTable(numberColumns("module", "rank", "of", "error"), rows)) report.print(line);
}
