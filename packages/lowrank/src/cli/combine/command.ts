// lowrank combine: one adapter out of several.

import { integerIn, numberIn } from "../../options/option-table.ts";
import { defineCommand, option } from "../define-command.ts";
import { adaptersOption, json } from "../options/shared-options.ts";
import { tableOption } from "../options/table-options.ts";
import type { CombineOptions } from "./run-combine.ts";

/** As `combinationMethods` of @lowrank/merge has them, which takes too long to load for a help. */
export const methodNames = [
  ...["exact", "cat", "svd", "linear", "magnitude_prune", "ties", "dare_linear", "dare_ties"],
  ...["ties_svd", "dare_linear_svd", "dare_ties_svd", "magnitude_prune_svd"],
  ...["della_svd", "della_linear_svd", "breadcrumbs_svd", "breadcrumbs_ties_svd", "slerp"],
];

export const addCombineCommand = defineCommand({
  name: "combine",
  summary: "combine several adapters into one",
  description: `Combines several PEFT adapters, each with its weight (path:0.7), into one: exactly, or by another method of PEFT or
    mergekit. No base model is needed. Methods: ${methodNames.join(", ")}.`,
  options: [
    adaptersOption("PEFT adapter folders to combine").makeOptionMandatory(),
    tableOption("out", "folder to write"),
    option("--method <name>", "how to combine").choices(methodNames).default("exact"),
    option("--rank <number>", "rank of the result, for methods with svd (default: the largest)", integerIn({ min: 1 })),
    option("--density <share>", "share of values to keep, for methods that drop some", numberIn({ above: 0, max: 1 })),
    option(
      "--epsilon <number>",
      "della: how much more often large values are kept than small ones (default: 0.15)",
      numberIn({ above: 0, max: 1 }),
    ),
    option("--gamma <share>", "breadcrumbs: share of top values to drop (default: 0.01)", numberIn({ min: 0, max: 1 })),
    tableOption("seed", "random seed, for methods that drop values at random"),
    option("--compat <program>", "peft: compute as PEFT does, even if that is not the sum").choices(["peft"]),
    option("--plan", "print rank and sizes; write nothing"),
    option("--overwrite", "replace --out if lowrank wrote it"),
    json,
  ],
  examples: ["lowrank combine --adapter ./polite:0.7 ./rude:-0.4 --out ./softer"],
  run: async (options: CombineOptions, report) => (await import("./run-combine.ts")).runCombine(options, report),
});
