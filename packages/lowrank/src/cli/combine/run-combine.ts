// lowrank combine: several adapters become one, without a model.

import { writeAdapter } from "@lowrank/adapter-format";
import { combineAdapters } from "@lowrank/merge";
import { given } from "../../given.ts";
import { nodePlatform } from "../../node/node-platform.ts";
import { claimOutput } from "../../node/output/check-output.ts";
import { sourceContext } from "../open-model.ts";
import { pathsOf, type WeightedPath } from "../options/named-adapters.ts";
import type { CommonOptions } from "../options/shared-options.ts";
import { formatBytes } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";

/** The options of `lowrank combine`. */
export interface CombineOptions extends CommonOptions {
  readonly adapter: readonly WeightedPath[];
  readonly out: string;
  readonly method: string;
  readonly rank?: number;
  readonly density?: number;
  readonly seed: number;
  readonly compat?: "peft";
  readonly overwrite?: boolean;
}

/** Writes the one adapter, whole or not at all. */
export async function runCombine(options: CombineOptions, report: Report): Promise<void> {
  const { adapter: adapters, out, method, rank, density, seed, compat, overwrite = false } = options;
  const release = await claimOutput(out, { kind: "folder", overwrite, inputs: pathsOf(adapters) });
  try {
    const context = sourceContext(report);
    const read = await Promise.all(
      adapters.map(async ({ adapter, weight }) => {
        const found = await nodePlatform.findAdapter(adapter, context);
        return { adapter: await found.read({ onWarning: report.warn }), weight, name: adapter };
      }),
    );
    const combined = combineAdapters(read, { type: method, seed, ...given({ rank, density, compatible: compat }) });
    const files = writeAdapter(combined);
    await nodePlatform.writeFiles(out, new Map(Object.entries(files)), { overwrite });
    const bytes = files["adapter_model.safetensors"].length;
    report.emit({ out, method, adapters, rank: combined.config.rank, tensors: combined.tensors.size, bytes });
    report.say(
      `${adapters.length} adapters as one of rank ${combined.config.rank}, ${formatBytes(bytes)}, written to ${out}`,
    );
  } finally {
    await release();
  }
}
