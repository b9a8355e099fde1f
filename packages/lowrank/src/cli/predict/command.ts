// lowrank predict: rows in, answers out.

import { integerIn, numberIn } from "../../options/option-table.ts";
import { defineCommand, option } from "../define-command.ts";
import { adaptersOption, computing } from "../options/shared-options.ts";
import type { PredictCommandOptions } from "./run-predict.ts";

export const addPredictCommand = defineCommand({
  name: "predict",
  summary: "classes, numbers, labelled words or answers for rows",
  description:
    "Writes each row with all its columns and what the model says of it: its class, or classes, with probabilities; a number; " +
    "the class of each word; which of some choices; or the answer in a text. Rows are those that lowrank train reads, without their answers.",
  options: [
    "model",
    adaptersOption(),
    "allowDifferentBase",
    "basePrecision",
    option("--data <file>", "file of rows, or - for standard input (JSONL, JSON or a table)").conflicts("text"),
    option("--text <text...>", "a text to be asked, or several"),
    option("--out <file>", "write to this file, of the kind that its name says (.jsonl or .csv), instead of stdout"),
    option("--overwrite", "replace --out if it is there"),
    ...["columns", "classNames", "header"],
    option("--top-k <number>", "how many of the likeliest classes or answers to tell", integerIn({ min: 1 }), 5),
    option(
      "--threshold <probability>",
      "where a row may have several classes: the least probability of one",
      numberIn({ min: 0, max: 1 }),
      0.5,
    ),
    option("--allow-no-answer", "let a text have no answer to a question, as in SQuAD 2.0"),
    option("--batch-size <number>", "rows a batch", integerIn({ min: 1 }), 8),
    option("--max-length <number>", "cut rows after so many tokens", integerIn({ min: 2 })),
    ...computing,
  ],
  examples: [
    "lowrank predict --model ./bert --adapter ./adapter --data reviews.csv --out answers.csv",
    'lowrank predict --model ./bert --adapter ./adapter --text "a fine film" "never again"',
  ],
  run: async (options: PredictCommandOptions, report) => (await import("./run-predict.ts")).runPredict(options, report),
});
