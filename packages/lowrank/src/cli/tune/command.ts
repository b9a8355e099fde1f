// lowrank tune: the learning rate and rank that suit the rows, then the training with them.

import { numberIn } from "../../options/option-table.ts";
import { defineCommand, option } from "../define-command.ts";
import { computing } from "../options/shared-options.ts";
import { trainingOptions } from "../train/command.ts";
import type { TuneOptions } from "./run-tune.ts";

export const addTuneCommand = defineCommand({
  name: "tune",
  summary: "search learning rate and rank, then train with the best",
  description: [
    "Compares learning rates and ranks by short trainings on part of the rows, and trains the best to the end as lowrank train does. " +
      "All candidates get a few steps, the better half twice as many, and so on (successive halving).",
    "--learning-rate or --rank, if given, is kept and not searched. The recipe in --out has the values that were found.",
    "Ctrl-C during the search prints what was found so far (exit code 130). Ctrl-C during the final training saves it; --resume " +
      "continues it, without another search.",
  ].join("\n\n"),
  options: [
    option("--minutes <number>", "minutes of search, before the final training", numberIn({ above: 0 }), 10),
    ...trainingOptions,
    ...computing,
  ],
  examples: [
    "lowrank tune --model ./tiny --data pairs.jsonl --out ./adapter",
    "lowrank tune --recipe recipe.yaml --out ./adapter --rank 8 --minutes 3",
  ],
  run: async (options: TuneOptions, report) => (await import("./run-tune.ts")).runTune(options, report),
});
