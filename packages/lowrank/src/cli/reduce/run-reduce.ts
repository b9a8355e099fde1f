// lowrank reduce: what the library makes of an adapter, written and told layer by layer.

import { type ReducedLayer, reduceAdapter } from "@lowrank/merge";
import { UsageError } from "../../errors/usage-errors.ts";
import { given } from "../../given.ts";
import { type AdapterOutput, putAdapter, whileClaimed } from "../adapter-output.ts";
import type { WeightedPath } from "../options/named-adapters.ts";
import type { CommonOptions } from "../options/shared-options.ts";
import { formatNumber } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import { formatTable, numberColumns } from "../terminal/table.ts";

export interface ReduceOptions extends CommonOptions, AdapterOutput {
  readonly adapter: readonly WeightedPath[];
  readonly rank?: number;
  readonly energy?: number;
}

export async function runReduce(options: ReduceOptions, report: Report): Promise<void> {
  const { adapter, out, rank, energy, plan = false } = options;
  if (rank === undefined && energy === undefined)
    throw new UsageError("Neither --rank nor --energy is given. Give one or both.");
  await whileClaimed({ ...options, kind: "folder", isApart: true }, report, async (read) => {
    const reduced = reduceAdapter(read, given({ rank, energy }));
    sayLayers(reduced.layers, report);
    const files = await putAdapter(reduced.adapter, options, report);
    report.emit({ ...(plan && { type: "plan" }), out, adapters: adapter, layers: reduced.layers, files });
  });
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
