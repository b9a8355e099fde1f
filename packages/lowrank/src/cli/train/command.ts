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
  option("--overwrite", "replace --out if lowrank wrote it"),
  option("--resume", "continue the interrupted run in --out"),
  ...runOptions,
  { heading: "Options:" },
];

export const addTrainCommand = defineCommand({
  name: "train",
  summary: "train a LoRA adapter",
  description: [
    "Trains a LoRA adapter on your data and writes it to --out in PEFT's format.",
    "Rows are text (prompt/completion, instruction/input/output, text, input_ids), conversations (messages, or ShareGPT's), " +
      "preferences (prompt/chosen/rejected, or prompt/completion with a label of true or false), texts with a label, " +
      "question/context/answers, or texts for embeddings and ranking (anchor/positive/negative, sentence1/sentence2/score).",
    "Only answers are trained, not prompts. Ctrl-C finishes the step and saves (exit code 130); --resume continues.",
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
