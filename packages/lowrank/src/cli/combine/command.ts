// lowrank combine: one adapter out of several.

import { type Command, Option } from "commander";
import type { CommandIo } from "../io.ts";
import { integerIn, numberIn } from "../options/parse-values.ts";
import { adaptersOption, outOption, seedOption, withExamples, withJson } from "../options/shared-options.ts";
import { createReport } from "../terminal/report.ts";
import type { CombineOptions } from "./run-combine.ts";

/** As `combinationMethods` of @lowrank/merge has them, which takes too long to load for a help. */
export const methodNames = [
  ...["exact", "cat", "svd", "linear", "magnitude_prune", "ties", "dare_linear", "dare_ties"],
  ...["ties_svd", "dare_linear_svd", "dare_ties_svd", "magnitude_prune_svd"],
  ...["della_svd", "della_linear_svd", "breadcrumbs_svd", "breadcrumbs_ties_svd", "slerp"],
];

/** Adds the command to the program. */
export function addCombineCommand(program: Command, io: CommandIo): void {
  const command = program
    .command("combine")
    .summary("make one adapter of several")
    .description(
      "Makes one PEFT adapter that does what several do together, each in the part that is said: exactly, or by another " +
        "method of PEFT's or mergekit's. No base is needed.",
    )
    .addOption(adaptersOption("PEFT adapter folders to combine").makeOptionMandatory())
    .addOption(outOption("folder to write"))
    .addOption(new Option("--method <name>", "how to combine them").choices(methodNames).default("exact"))
    .addOption(
      new Option("--rank <number>", "rank of the result, for svd and what ends in it (default: the largest)").argParser(
        integerIn({ min: 1 }),
      ),
    )
    .addOption(
      new Option("--density <share>", "share of the numbers that stay, for methods that drop some").argParser(
        numberIn({ above: 0, max: 1 }),
      ),
    )
    .addOption(
      new Option(
        "--epsilon <number>",
        "for della: how much more often the largest numbers stay than the density says, and the smallest less (default: 0.15)",
      ).argParser(numberIn({ above: 0, max: 1 })),
    )
    .addOption(
      new Option("--gamma <share>", "for breadcrumbs: share of the largest numbers that go (default: 0.01)").argParser(
        numberIn({ min: 0, max: 1 }),
      ),
    )
    .addOption(seedOption("for methods that drop numbers by chance"))
    .addOption(
      new Option("--compat <program>", "give that program's numbers where they are not the sum").choices(["peft"]),
    )
    .option("--plan", "say the rank and the sizes; write nothing")
    .option("--overwrite", "replace --out if an earlier run wrote it");
  withExamples(withJson(command), "lowrank combine --adapter ./polite:0.7 ./rude:-0.4 --out ./softer").action(
    async (options: CombineOptions) => {
      const { runCombine } = await import("./run-combine.ts");
      await runCombine(options, createReport(io, options));
    },
  );
}
