// lowrank sweep: one recipe, trained with each combination of some options' values.

import { integerIn, type ValueSchema } from "../../options/option-table.ts";
import { defineCommand, option } from "../define-command.ts";
import { computing, distributedOption } from "../options/shared-options.ts";
import { tableOption } from "../options/table-options.ts";
import { createReport } from "../terminal/report.ts";
import type { SweepOptions } from "./make-run.ts";

/** Options with which a call does something other than all runs. They exclude each other. */
const instead = ["plan", "only", "to", "gather"];

function alone(flags: string, help: string, value?: ValueSchema) {
  return option(flags, help, value).conflicts(instead.filter((name) => !flags.startsWith(`--${name}`)));
}

export const addSweepCommand = defineCommand({
  name: "sweep",
  summary: "train a recipe with several values of its options",
  description:
    "Trains a recipe with each combination of the values of --set, one after another, each in its own folder in --out, and shows the best run. Start it again to continue: " +
    "complete runs are not repeated. --to prints a script for a cluster instead.",
  words: [["<recipe>", "a .yaml, .json or .ts file (lowrank init writes one)"]],
  options: [
    option("--set <sets...>", "recipe option and values: rank=4,8,16; a list in brackets").makeOptionMandatory(),
    tableOption("out", "folder for the runs and report.html (default: the recipe's, or sweep)").makeOptionMandatory(
      false,
    ),
    tableOption("bestBy", "metric of the best validation that compares runs (default: the recipe's, or loss)"),
    alone("--plan", "print the runs and their progress; train nothing"),
    alone("--only <index>", "make one run, counted from 0", integerIn({ min: 0 })),
    alone("--to <scheduler>", "print a job array for sbatch, or a Job for kubectl apply").choices([
      ...["slurm", "kubernetes"],
    ]),
    alone("--gather", "print the results so far and write report.html; train nothing"),
    ...computing,
    distributedOption(),
  ],
  examples: [
    "lowrank sweep recipe.yaml --set rank=4,8,16 --set learningRate=1e-4,3e-4",
    "lowrank sweep recipe.yaml --set targetModules=all-linear,[q_proj,v_proj] --plan",
    "lowrank sweep recipe.yaml --set seed=1,2,3 --to slurm | sbatch",
  ],
  run: async (options: SweepOptions, report, recipe: string) => {
    const { runSweep } = await import("./run-sweep.ts");
    const { withProcesses } = await import("../distributed/with-processes.ts");
    await withProcesses(options, report.io, async ({ io, communicator }) =>
      runSweep(recipe, options, { report: createReport(io, options), communicator }),
    );
  },
});
