// lowrank train: an adapter out of a model and data.

import { runOptions } from "../../options/all-options.ts";
import { fileOptions } from "../../options/file-options.ts";
import { type CommandOption, defineCommand, option } from "../define-command.ts";
import { computing, distributedOption } from "../options/shared-options.ts";
import { recipeOption } from "../recipe/with-recipe.ts";
import { createReport } from "../terminal/report.ts";
import type { TrainOptions } from "./run-train.ts";

export const trainingOptions: readonly CommandOption[] = [
  { heading: fileOptions.heading },
  recipeOption(),
  option("--overwrite", "replace --out if an earlier run wrote it"),
  option("--resume", "go on with the interrupted run in --out"),
  ...runOptions,
  { heading: "Options:" },
];

export const addTrainCommand = defineCommand({
  name: "train",
  summary: "train a LoRA adapter",
  description: [
    "Trains a LoRA adapter on data and writes it to --out as PEFT does, with a model card and metrics.jsonl.",
    "Rows of the data are text (prompt/completion, instruction/input/output, text), answers that people judged " +
      "(prompt/chosen/rejected, or prompt/completion with a label of true or false), conversations (messages, or " +
      "conversations as ShareGPT has them), sentences with a label, or tokenised " +
      '({"input_ids": [...], "labels": [...]}), or questions with the place of their answer ' +
      "(question/context/answers, as SQuAD's). Rows with a label train a classifier, texts that belong together or have a score (anchor/positive/negative, " +
      "sentence1/sentence2/score) the embeddings of a model for search, or a reranker, on a base that is one or with --task sequence-classification. The loss counts the " +
      "answers, not the prompts. An encoder–decoder (T5, BART) reads the prompt and learns to write the answer.",
    "Ctrl-C finishes the step and saves (exit code 130); --resume goes on from there.",
  ].join("\n\n"),
  options: [...trainingOptions, ...computing, distributedOption()],
  examples: [
    "lowrank train --model ./tiny --data pairs.jsonl --out ./adapter",
    "lowrank train --model ./tiny --data more.jsonl --adapter ./adapter --out ./adapter-2 --epochs 1",
    'lowrank train --model ./tiny --data facts.jsonl --out ./facts --add-tokens "<fact>" "</fact>"',
    "lowrank train --recipe adapter/recipe.yaml --out ./the-same-adapter",
    "mpirun -np 4 lowrank train --model ./tiny --data pairs.jsonl --out ./adapter",
  ],
  run: async (options: TrainOptions, report) => {
    const { runTrain } = await import("./run-train.ts");
    const { withProcesses } = await import("../distributed/with-processes.ts");
    await withProcesses(options, report.io, async ({ io, communicator }) =>
      runTrain(options, createReport(io, options), { communicator }),
    );
  },
});
