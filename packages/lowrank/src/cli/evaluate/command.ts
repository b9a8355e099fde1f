// lowrank evaluate: how well a model does on data.

import { type Command, Option } from "commander";
import { comparisonOptions } from "../../options/learning-options.ts";
import type { EvaluateOptions } from "../evaluate/run-evaluate.ts";
import type { CommandIo } from "../io.ts";
import { integerIn } from "../options/parse-values.ts";
import {
  adaptersOption,
  basePrecisionOption,
  classNamesOption,
  columnsOption,
  dataOption,
  differentBaseOption,
  headerOption,
  maxTargetLengthOption,
  modelOption,
  skipBadRowsOption,
  templateOption,
  withEngine,
  withExamples,
} from "../options/shared-options.ts";
import { addOptions } from "../options/table-options.ts";
import { createReport } from "../terminal/report.ts";

/** Adds the command to the program. */
export function addEvaluateCommand(program: Command, io: CommandIo): void {
  const command = program
    .command("evaluate")
    .summary("measure loss, perplexity, accuracy, F1 or BLEU on data")
    .description(
      "Measures the loss and perplexity of a language model on data, or the loss and accuracy of a classifier, " +
        "or exact match and F1 of answers to questions, or recall, MRR and nDCG of texts that belong together, or how embeddings " +
        "go with scores. " +
        "With --generate it also continues every prompt and compares with the reference (BLEU).",
    )
    .addOption(modelOption())
    .addOption(adaptersOption())
    .addOption(differentBaseOption())
    .addOption(basePrecisionOption())
    .addOption(dataOption())
    .addOption(columnsOption())
    .addOption(classNamesOption())
    .addOption(headerOption())
    .addOption(skipBadRowsOption())
    .addOption(templateOption("how a row becomes text (default: as in training)"))
    .addOption(new Option("--batch-size <number>", "rows a batch").argParser(integerIn({ min: 1 })).default(8))
    .addOption(new Option("--max-length <number>", "cut rows after so many tokens").argParser(integerIn({ min: 2 })))
    .addOption(maxTargetLengthOption())
    .option(
      "--generate",
      "continue every prompt and report BLEU against the references; of speech, the word error rate",
    )
    .addOption(
      new Option("--max-new-tokens <number>", "with --generate: stop after so many tokens")
        .argParser(integerIn({ min: 1 }))
        .default(64),
    );
  addOptions(command, comparisonOptions).optionsGroup("Options:");
  withExamples(
    withEngine(command),
    "lowrank evaluate --model ./tiny --adapter ./adapter --data validation.jsonl --generate",
  ).action(async (options: EvaluateOptions) => {
    const { runEvaluate } = await import("../evaluate/run-evaluate.ts");
    await runEvaluate(options, createReport(io, options));
  });
}
