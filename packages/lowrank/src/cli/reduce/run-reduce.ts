// lowrank reduce: what the library makes of an adapter, written and told layer by layer.

import { type ReducedLayer, reduceAdapter } from "@lowrank/merge";
import { findAdapters } from "../../adapters/weighted-set.ts";
import { UsageError } from "../../errors/usage-errors.ts";
import { given } from "../../given.ts";
import { nodePlatform } from "../../node/node-platform.ts";
import { claimOutput } from "../../node/output/check-output.ts";
import { type AdapterOutput, putAdapter } from "../adapter-output.ts";
import { sourceContext } from "../open-model.ts";
import { pathsOf, type WeightedPath } from "../options/named-adapters.ts";
import type { CommonOptions } from "../options/shared-options.ts";
import { formatNumber } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import { formatTable, numberColumns } from "../terminal/table.ts";

/** The options of `lowrank reduce`. */
export interface ReduceOptions extends CommonOptions, AdapterOutput {
  readonly adapter: readonly WeightedPath[];
  readonly rank?: number;
  readonly energy?: number;
}

/** Writes the smaller adapter, whole or not at all. */
export async function runReduce(options: ReduceOptions, report: Report): Promise<void> {
  const { adapter, out, rank, energy, overwrite, plan = false } = options;
  if (rank === undefined && energy === undefined)
    throw new UsageError("How much shall stay? Name --rank, or --energy, or both.");
  const claimed = { kind: "folder", overwrite, isApart: true, inputs: pathsOf(adapter) } as const;
  const release = plan ? undefined : await claimOutput(out, claimed);
  try {
    const found = await findAdapters(nodePlatform, adapter, sourceContext(report));
    const read = await found.read({ onWarning: report.warn });
    const reduced = reduceAdapter(read, given({ rank, energy }));
    sayLayers(reduced.layers, report);
    const files = await putAdapter(reduced.adapter, options, report);
    report.emit({ ...(plan && { type: "plan" }), out, adapters: adapter, layers: reduced.layers, files });
  } finally {
    await release?.();
  }
}

function sayLayers(layers: readonly ReducedLayer[], report: Report): void {
  const rows = layers.map(({ path, rank, rankBefore, error }) => [
    path,
    `${rank}`,
    `${rankBefore}`,
    formatNumber(error),
  ]);
  for (const line of formatTable(numberColumns("module", "rank", "of", "error"), rows)) report.say(line);
}
