// lowrank tune: the learning rate and rank that suit the rows, then the training with them.

import type { Command } from "commander";
import type { CommandIo } from "../io.ts";
import { numberIn } from "../options/parse-values.ts";
import { withEngine, withExamples } from "../options/shared-options.ts";
import { createReport } from "../terminal/report.ts";
import { addTrainingOptions } from "../train/command.ts";
import type { TuneOptions } from "./run-tune.ts";

/** Adds the command to the program. */
export function addTuneCommand(program: Command, io: CommandIo): void {
  const command = program
    .command("tune")
    .summary("search learning rate and rank, then train with the best")
    .description(
      [
        "Compares learning rates and ranks by short trainings on part of the rows, and trains the best to the end as lowrank train does. " +
          "All candidates get a few steps, the better half twice as many, and so on (successive halving).",
        "--learning-rate or --rank, if given, is kept and not searched. The recipe in --out has the values that were found.",
        "Ctrl-C during the search prints what was found so far (exit code 130). Ctrl-C during the final training saves it; --resume " +
          "continues it, without another search.",
      ].join("\n\n"),
    )
    .option("--minutes <number>", "time for the search; the final training comes on top", numberIn({ above: 0 }), 10);
  addTrainingOptions(command);
  withExamples(
    withEngine(command),
    "lowrank tune --model ./tiny --data pairs.jsonl --out ./adapter",
    "lowrank tune --recipe recipe.yaml --out ./adapter --rank 8 --minutes 3",
  ).action(async (options: TuneOptions) => {
    const { runTune } = await import("./run-tune.ts");
    await runTune(options, createReport(io, options));
  });
}
