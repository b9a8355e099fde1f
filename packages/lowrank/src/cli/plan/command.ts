// lowrank plan: what a training would change, and what it would take.

import type { Command } from "commander";
import type { CommandIo } from "../io.ts";
import { withEngine, withExamples } from "../options/shared-options.ts";
import { createReport } from "../terminal/report.ts";
import { addTrainingOptions } from "../train/command.ts";
import type { TrainOptions } from "../train/train-options.ts";

/** Adds the command to the program. */
export function addPlanCommand(program: Command, io: CommandIo): void {
  const command = program
    .command("plan")
    .summary("what a training would change and take")
    .description(
      "Prints the layers that lowrank train would adapt with the same options or recipe, how many parameters and steps that " +
        "makes, and the seconds a step and the memory that it takes here, measured by a few steps. Nothing is written.",
    );
  withoutOut(command);
  withExamples(
    withEngine(command),
    "lowrank plan --model ./tiny --data pairs.jsonl --rank 16",
    "lowrank plan --recipe recipe.yaml",
  ).action(async (options: TrainOptions) => {
    const { runPlan } = await import("../plan/run-plan.ts");
    await runPlan(options, createReport(io, options));
  });
}

/** The options of train, of which --out may be there, as in a recipe, and is not needed. */
export function withoutOut(command: Command): Command {
  addTrainingOptions(command);
  command.options.find((option) => option.attributeName() === "out")?.makeOptionMandatory(false);
  return command;
}
