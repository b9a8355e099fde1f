// lowrank evaluate: how well a model does on data.

import { comparisonOptions } from "../../options/learning-options.ts";
import { integerIn, numberIn } from "../../options/option-table.ts";
import { defineCommand, option } from "../define-command.ts";
import { adaptersOption, computing } from "../options/shared-options.ts";
import { tableOption } from "../options/table-options.ts";
import type { EvaluateOptions } from "./run-evaluate.ts";

export const addEvaluateCommand = defineCommand({
  name: "evaluate",
  summary: "measure loss, perplexity, accuracy, F1, BLEU or rewards on data",
  description:
    "Measures loss and perplexity of a language model; loss and accuracy of a classifier; exact match and F1 of answers to questions; recall, MRR and nDCG of embeddings, " +
    "or their correlation with scores. --generate also continues every prompt and compares it with the reference (BLEU). " +
    "--reward completes every prompt and reports the mean reward instead.",
  options: [
    "model",
    adaptersOption(),
    ...["allowDifferentBase", "basePrecision", "data", "columns", "classNames", "header", "skipBadRows"],
    tableOption("template", "prompt template (default: as in training)"),
    option("--batch-size <number>", "rows in a batch", integerIn({ min: 1 }), 8),
    option("--max-length <number>", "maximum tokens of a row", integerIn({ min: 2 })),
    "maxTargetLength",
    option("--generate", "continue every prompt and report BLEU against the references; for speech, word error rate"),
    option("--max-new-tokens <number>", "maximum tokens of generated texts", integerIn({ min: 1 }), 64),
    tableOption("reward").conflicts("generate"),
    ...["rewardWeights", "rewardTimeout", "rewardConcurrency"],
    option("--temperature <number>", "with --reward: sampling temperature (default: 0, greedy)", numberIn({ min: 0 })),
    option("--dimensions <number>", "first dimensions to compare, of Matryoshka models", integerIn({ min: 1 })),
    comparisonOptions,
    { heading: "Options:" },
    ...computing,
  ],
  examples: ["lowrank evaluate --model ./tiny --adapter ./adapter --data validation.jsonl --generate"],
  run: async (options: EvaluateOptions, report) => (await import("./run-evaluate.ts")).runEvaluate(options, report),
});
