// lowrank combine: several adapters become one, without a model.

import { combineAdapters } from "@lowrank/merge";
import { nodePlatform } from "../../node/node-platform.ts";
import { omitUndefined } from "../../omit-undefined.ts";
import { type AdapterOutput, putAdapter, withLock } from "../adapter-output.ts";
import { sourceContext } from "../open-model.ts";
import { pathsOf, type WeightedPath } from "../options/named-adapters.ts";
import type { CommonOptions } from "../options/shared-options.ts";
import { plural } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";

export interface CombineOptions extends CommonOptions, AdapterOutput {
  readonly adapter: readonly WeightedPath[];
  readonly method: string;
  readonly rank?: number;
  readonly density?: number;
  readonly epsilon?: number;
  readonly gamma?: number;
  readonly seed: number;
  readonly compat?: "peft";
}

export async function runCombine(options: CombineOptions, report: Report): Promise<void> {
  const {
    adapter: adapters,
    out,
    method,
    rank,
    density,
    epsilon,
    gamma,
    seed,
    compat,
    overwrite,
    plan = false,
  } = options;
  const rules = { kind: "folder", overwrite, isApart: true, inputs: pathsOf(adapters) } as const;
  await withLock(plan ? undefined : out, rules, async () => {
    const context = sourceContext(report);
    const read = await Promise.all(
      adapters.map(async ({ adapter, weight }) => {
        const found = await nodePlatform.findAdapter(adapter, context);
        return { adapter: await found.read({ onWarning: report.warn }), weight, name: adapter };
      }),
    );
    const combined = combineAdapters(read, {
      type: method,
      seed,
      ...omitUndefined({ rank, density, epsilon, gamma, compatible: compat }),
    });
    report.print(`${plural(adapters.length, "adapter")} as one of rank ${combined.config.rank}`);
    const files = await putAdapter(combined, options, report);
    const { rank: found } = combined.config;
    report.emit({
      ...(plan && { type: "plan" }),
      out,
      method,
      adapters,
      rank: found,
      tensors: combined.tensors.size,
      files,
    });
  });
}
