// lowrank reduce: an adapter of lower rank.

import { type Command, Option } from "commander";
import type { CommandIo } from "../io.ts";
import { integerIn, numberIn } from "../options/parse-values.ts";
import { adaptersOption, outOption, withExamples, withJson } from "../options/shared-options.ts";
import { createReport } from "../terminal/report.ts";
import type { ReduceOptions } from "./run-reduce.ts";

/** Adds the command to the program. */
export function addReduceCommand(program: Command, io: CommandIo): void {
  const command = program
    .command("reduce")
    .summary("make an adapter smaller")
    .description(
      "Writes the nearest adapter of lower rank, layer by layer, and says how much of each layer's update went. No base is " +
        "needed.",
    )
    .addOption(adaptersOption("PEFT adapter folder to reduce").makeOptionMandatory())
    .addOption(outOption("folder to write"))
    .addOption(new Option("--rank <number>", "largest rank of a layer").argParser(integerIn({ min: 1 })))
    .addOption(
      new Option(
        "--energy <share>",
        "the least rank for each layer that keeps this share of its squared norm: 0.99 loses a tenth of the norm",
      ).argParser(numberIn({ above: 0, max: 1 })),
    )
    .option("--plan", "say ranks, losses and sizes; write nothing")
    .option("--overwrite", "replace --out if an earlier run wrote it");
  withExamples(withJson(command), "lowrank reduce --adapter ./adapter --energy 0.99 --out ./smaller").action(
    async (options: ReduceOptions) => {
      const { runReduce } = await import("./run-reduce.ts");
      await runReduce(options, createReport(io, options));
    },
  );
}
