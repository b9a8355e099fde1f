// lowrank plan: the weights that a training would change, and the time and memory that it would need.

import { fileOptions } from "../../options/file-options.ts";
import { numberIn } from "../../options/option-table.ts";
import { defineCommand, option } from "../define-command.ts";
import { computing } from "../options/shared-options.ts";
import { trainingOptions } from "../train/command.ts";
import type { PlanOptions } from "./run-plan.ts";

const { isNeeded: _, ...out } = fileOptions.rows.out;

/** The options of train, of which --out may be there, as in a recipe, and is not needed. */
export const optionsWithoutOut = trainingOptions.map((each) =>
  each === fileOptions ? { ...fileOptions, rows: { ...fileOptions.rows, out } } : each,
);

export const addPlanCommand = defineCommand({
  name: "plan",
  summary: "show what training would change, its steps, time and memory",
  description:
    "Prints the layers that lowrank train would adapt with the same options or recipe, the number of parameters and steps, and the seconds a step and the memory, measured " +
    "by a few steps on this machine. Nothing is written.",
  options: [
    ...optionsWithoutOut,
    option(
      "--kappa-targets <share>",
      "print only this share of the linear layers for --target-modules: lowest condition numbers",
      numberIn({ above: 0, max: 1 }),
    ),
    ...computing,
  ],
  examples: ["lowrank plan --model ./tiny --data pairs.jsonl --rank 16", "lowrank plan --recipe recipe.yaml"],
  run: async (options: PlanOptions, report) => (await import("./run-plan.ts")).runPlan(options, report),
});
