// lowrank predict: rows in, answers out.

import { type Command, Option } from "commander";
import type { CommandIo } from "../io.ts";
import { integerIn, numberIn } from "../options/parse-values.ts";
import {
  adaptersOption,
  basePrecisionOption,
  classNamesOption,
  columnsOption,
  differentBaseOption,
  headerOption,
  modelOption,
  withEngine,
  withExamples,
} from "../options/shared-options.ts";
import type { PredictCommandOptions } from "../predict/run-predict.ts";
import { createReport } from "../terminal/report.ts";

/** Adds the command to the program. */
export function addPredictCommand(program: Command, io: CommandIo): void {
  const command = program
    .command("predict")
    .summary("classes, numbers, labelled words or answers for rows")
    .description(
      "Writes each row with all its columns and what the model says of it: its class, or classes, with probabilities; a number; " +
        "the class of each word; which of some choices; or the answer in a text. Rows are those that lowrank train reads, without their answers.",
    )
    .addOption(modelOption())
    .addOption(adaptersOption())
    .addOption(differentBaseOption())
    .addOption(basePrecisionOption())
    .addOption(
      new Option("--data <file>", "file of rows, or - for standard input (JSONL, JSON or a table)").conflicts("text"),
    )
    .option("--text <text...>", "a text to be asked, or several")
    .option("--out <file>", "write to this file, of the kind that its name says (.jsonl or .csv), instead of stdout")
    .option("--overwrite", "replace --out if it is there")
    .addOption(columnsOption())
    .addOption(classNamesOption())
    .addOption(headerOption())
    .addOption(
      new Option("--top-k <number>", "how many of the likeliest classes or answers to tell")
        .argParser(integerIn({ min: 1 }))
        .default(5),
    )
    .addOption(
      new Option("--threshold <probability>", "where a row may have several classes: the least probability of one")
        .argParser(numberIn({ min: 0, max: 1 }))
        .default(0.5),
    )
    .option("--allow-no-answer", "let a text have no answer to a question, as in SQuAD 2.0")
    .addOption(new Option("--batch-size <number>", "rows a batch").argParser(integerIn({ min: 1 })).default(8))
    .addOption(new Option("--max-length <number>", "cut rows after so many tokens").argParser(integerIn({ min: 2 })));
  withExamples(
    withEngine(command),
    "lowrank predict --model ./bert --adapter ./adapter --data reviews.csv --out answers.csv",
    'lowrank predict --model ./bert --adapter ./adapter --text "a fine film" "never again"',
  ).action(async (options: PredictCommandOptions) => {
    const { runPredict } = await import("../predict/run-predict.ts");
    await runPredict(options, createReport(io, options));
  });
}
