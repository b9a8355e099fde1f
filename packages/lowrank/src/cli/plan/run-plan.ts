// lowrank plan: an adapter's plan, and what its steps take, measured.

import { trainingOptions } from "../../recipe/recipe.ts";
import { formatBytes, formatCount, formatDuration } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import { formatFacts } from "../terminal/table.ts";
import type { TrainOptions } from "../train/train-options.ts";
import { measureSteps } from "./measure-steps.ts";
import { preparePlan, unkept } from "./prepare-plan.ts";

/** Prepares the run, makes a few of its steps, and prints what they took. */
export async function runPlan(options: TrainOptions, report: Report): Promise<void> {
  const { adapter, training, engine, dispose } = await preparePlan(options, report);
  try {
    const rows = { ...training, validation: [] };
    const { secondsPerStep, measured } = await measureSteps(adapter, rows, trainingOptions(options, unkept));
    const { totalSteps, stepsPerEpoch, train } = training;
    const seconds = secondsPerStep * totalSteps;
    const memoryBytes = process.resourceUsage().maxRSS * 1024;
    const { trainableParameters } = adapter.plan;
    const numbers = { trainableParameters, rows: train.length, steps: totalSteps, stepsPerEpoch };
    report.emit({ type: "plan", engine, ...numbers, secondsPerStep, seconds, memoryBytes });
    const facts = [
      ["engine", engine],
      ["rows", formatCount(train.length)],
      ["steps", `${formatCount(totalSteps)}, ${formatCount(stepsPerEpoch)} an epoch`],
      ["a step", `${formatDuration(secondsPerStep)}, the median of ${measured}`],
      ["all steps", `${formatDuration(seconds)}, without validation`],
      ["memory", `${formatBytes(memoryBytes)} at most, the program's own among it`],
    ] as const;
    for (const line of formatFacts(facts)) report.say(line);
  } finally {
    dispose();
  }
}
