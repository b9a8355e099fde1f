// lowrank evaluate: how well a model does on data.

import { comparisonOptions } from "../../options/learning-options.ts";
import { integerIn } from "../../options/option-table.ts";
import { defineCommand, option } from "../define-command.ts";
import { adaptersOption, computing } from "../options/shared-options.ts";
import { tableOption } from "../options/table-options.ts";
import type { EvaluateOptions } from "./run-evaluate.ts";

export const addEvaluateCommand = defineCommand({
  name: "evaluate",
  summary: "measure loss, perplexity, accuracy, F1 or BLEU on data",
  description:
    "Measures the loss and perplexity of a language model on data, or the loss and accuracy of a classifier, " +
    "or exact match and F1 of answers to questions, or recall, MRR and nDCG of texts that belong together, or how embeddings " +
    "go with scores. " +
    "With --generate it also continues every prompt and compares with the reference (BLEU).",
  options: [
    "model",
    adaptersOption(),
    ...["allowDifferentBase", "basePrecision", "data", "columns", "classNames", "header", "skipBadRows"],
    tableOption("template", "how a row becomes text (default: as in training)"),
    option("--batch-size <number>", "rows a batch", integerIn({ min: 1 }), 8),
    option("--max-length <number>", "cut rows after so many tokens", integerIn({ min: 2 })),
    "maxTargetLength",
    option(
      "--generate",
      "continue every prompt and report BLEU against the references; of speech, the word error rate",
    ),
    option("--max-new-tokens <number>", "with --generate: stop after so many tokens", integerIn({ min: 1 }), 64),
    comparisonOptions,
    { heading: "Options:" },
    ...computing,
  ],
  examples: ["lowrank evaluate --model ./tiny --adapter ./adapter --data validation.jsonl --generate"],
  run: async (options: EvaluateOptions, report) => (await import("./run-evaluate.ts")).runEvaluate(options, report),
});
