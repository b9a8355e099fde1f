// lowrank extract: an adapter out of two checkpoints of one model.

import { type Command, Option } from "commander";
import type { CommandIo } from "../io.ts";
import { integerIn, numberIn, targetModules } from "../options/parse-values.ts";
import { outOption, seedOption, withEngine, withExamples } from "../options/shared-options.ts";
import { createReport } from "../terminal/report.ts";
import type { ExtractOptions } from "./run-extract.ts";

/** Adds the command to the program. */
export function addExtractCommand(program: Command, io: CommandIo): void {
  const command = program
    .command("extract")
    .summary("make an adapter of what full fine-tuning changed")
    .description(
      "Writes the adapter that comes closest to the difference of two checkpoints of one model, layer by layer, and says how " +
        "much it misses and which weights it does not hold. Weights are read from their files some rows at a time.",
    )
    .addOption(
      new Option(
        "--model <path>",
        "the base: a Hugging Face model folder, .gguf file or owner/name",
      ).makeOptionMandatory(),
    )
    .addOption(new Option("--tuned <path>", "the same model after training").makeOptionMandatory())
    .addOption(outOption("folder to write"))
    .addOption(new Option("--rank <number>", "largest rank of a layer").argParser(integerIn({ min: 1 })).default(64))
    .addOption(
      new Option(
        "--energy <share>",
        "the least rank for each layer that holds this share of its change's squared norm: 0.99 misses a tenth of the norm",
      ).argParser(numberIn({ above: 0, max: 1 })),
    )
    .addOption(
      new Option("--target-modules <names>", "where to look: a,b | all-linear | a regular expression")
        .argParser(targetModules)
        .default("all-linear"),
    )
    .option("--use-dora", "a DoRA: each output's length apart from its direction")
    .addOption(seedOption("for the directions that the decomposition tries first"))
    .option("--plan", "say where would be looked, and the largest size; read no weights and write nothing")
    .option("--overwrite", "replace --out if an earlier run wrote it");
  withExamples(
    withEngine(command),
    "lowrank extract --model ./base --tuned ./fine-tuned --energy 0.95 --out ./adapter",
  ).action(async (options: ExtractOptions) => {
    const { runExtract } = await import("./run-extract.ts");
    await runExtract(options, createReport(io, options));
  });
}
