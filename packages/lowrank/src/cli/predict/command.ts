// lowrank predict: rows in, answers out.

import { integerIn, numberIn } from "../../options/option-table.ts";
import { defineCommand, option } from "../define-command.ts";
import { adaptersOption, computing } from "../options/shared-options.ts";
import type { PredictCommandOptions } from "./run-predict.ts";

export const addPredictCommand = defineCommand({
  name: "predict",
  summary: "predict classes, numbers, labels of words or answers for rows",
  description:
    "Writes each row with all its columns and the prediction: a class, or classes, with probabilities; a number; the class of each word; one of several choices; or the " +
    "answer in a text. Rows are those of lowrank train, without their answers.",
  options: [
    "model",
    adaptersOption(),
    "allowDifferentBase",
    "basePrecision",
    option("--data <file>", "file of rows (JSONL, JSON or a table), or - for stdin").conflicts("text"),
    option("--text <text...>", "texts to predict"),
    option("--out <file>", ".jsonl or .csv file to write (default: stdout)"),
    option("--overwrite", "replace an existing --out"),
    ...["columns", "classNames", "header"],
    option("--top-k <number>", "number of classes or answers to report", integerIn({ min: 1 }), 5),
    option("--threshold <probability>", "multi-label: minimum class probability", numberIn({ min: 0, max: 1 }), 0.5),
    option("--allow-no-answer", "allow no answer to a question, as in SQuAD 2.0"),
    option("--batch-size <number>", "rows in a batch", integerIn({ min: 1 }), 8),
    option("--max-length <number>", "maximum tokens of a row", integerIn({ min: 2 })),
    ...computing,
  ],
  examples: [
    "lowrank predict --model ./bert --adapter ./adapter --data reviews.csv --out answers.csv",
    'lowrank predict --model ./bert --adapter ./adapter --text "a fine film" "never again"',
  ],
  run: async (options: PredictCommandOptions, report) => (await import("./run-predict.ts")).runPredict(options, report),
});
