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
  summary: "make one adapter of several",
  description:
    "Makes one PEFT adapter that does what several do together, each in the part that is said: exactly, or by another " +
    "method of PEFT's or mergekit's. No base is needed.",
  options: [
    adaptersOption("PEFT adapter folders to combine").makeOptionMandatory(),
    tableOption("out", "folder to write"),
    option("--method <name>", "how to combine them").choices(methodNames).default("exact"),
    option(
      "--rank <number>",
      "rank of the result, for svd and what ends in it (default: the largest)",
      integerIn({ min: 1 }),
    ),
    option(
      "--density <share>",
      "share of the numbers that stay, for methods that drop some",
      numberIn({ above: 0, max: 1 }),
    ),
    option(
      "--epsilon <number>",
      "for della: how much more often the largest numbers stay than the density says, and the smallest less (default: 0.15)",
      numberIn({ above: 0, max: 1 }),
    ),
    option(
      "--gamma <share>",
      "for breadcrumbs: share of the largest numbers that go (default: 0.01)",
      numberIn({ min: 0, max: 1 }),
    ),
    tableOption("seed", "for methods that drop numbers by chance"),
    option("--compat <program>", "give that program's numbers where they are not the sum").choices(["peft"]),
    option("--plan", "say the rank and the sizes; write nothing"),
    option("--overwrite", "replace --out if an earlier run wrote it"),
    json,
  ],
  examples: ["lowrank combine --adapter ./polite:0.7 ./rude:-0.4 --out ./softer"],
  run: async (options: CombineOptions, report) => (await import("./run-combine.ts")).runCombine(options, report),
});
