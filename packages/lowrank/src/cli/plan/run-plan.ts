// lowrank plan: an adapter's plan, and what its steps take, measured.

import { trainingOptions } from "../../recipe/recipe.ts";
import { formatBytes, formatCount, formatDuration } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import { formatFacts } from "../terminal/table.ts";
import type { TrainOptions } from "../train/train-options.ts";
import { preparePlan, unkept } from "./prepare-plan.ts";

/** The first step makes what later ones have: graphs, packed weights, buffers. */
const warmUp = 1;
const measured = 3;

/** Prepares the run, makes a few of its steps, and prints what they took. */
export async function runPlan(options: TrainOptions, report: Report): Promise<void> {
  const { adapter, training, engine, dispose } = await preparePlan(options, report);
  try {
    const steps = Math.min(training.totalSteps, warmUp + measured);
    const loop = { ...trainingOptions(options, unkept), epochs: undefined, steps, evalEvery: undefined };
    const times: number[] = [];
    let last = performance.now();
    for await (const event of adapter.run({ ...training, validation: [] }, loop)) {
      const now = performance.now();
      if (event.type === "step") times.push((now - last) / 1000);
      last = now;
    }
    const secondsPerStep = median(times.length > warmUp ? times.slice(warmUp) : times);
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
      ["a step", `${formatDuration(secondsPerStep)}, the median of ${Math.max(1, times.length - warmUp)}`],
      ["all steps", `${formatDuration(seconds)}, without validation`],
      ["memory", `${formatBytes(memoryBytes)} at most, the program's own among it`],
    ] as const;
    for (const line of formatFacts(facts)) report.say(line);
  } finally {
    dispose();
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
