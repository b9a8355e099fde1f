// lowrank plan: an adapter's plan, and what its steps take, measured.

import { availableParallelism, loadavg } from "node:os";
import { ignoredLabel, pickRows, type RowList, type TokenizedExample } from "@lowrank/data";
import { trainingOptions } from "../../recipe/recipe.ts";
import type { PreparedRun } from "../../recipe/run/prepare-run.ts";
import { someRows } from "../../report/data-facts.ts";
import { validationInterval } from "../../train/training-run.ts";
import { formatBytes, formatCount, formatDuration } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import { formatFacts } from "../terminal/table.ts";
import type { TrainOptions } from "../train/train-options.ts";
import { estimateRun, type Measurement } from "./estimate-run.ts";
import { preparePlan, unkept } from "./prepare-plan.ts";

/** The first step makes what later ones have: graphs, packed weights, buffers. */
const warmUp = 1;
/** Steps are measured until there are so many of them, or – after three – for so many seconds. */
const [mostMeasured, leastMeasured, enoughSeconds] = [20, 3, 5];

/** Prepares the run, makes a few of its steps, and prints what they took. */
export async function runPlan(options: TrainOptions, report: Report): Promise<void> {
  const { adapter, training, engine, dispose } = await preparePlan(options, report);
  try {
    const { totalSteps, stepsPerEpoch, train, validation } = training;
    const every = options.evalEvery ?? validationInterval(training);
    const totalValidations = validation.length === 0 ? 0 : Math.ceil(totalSteps / every) + 1;
    const [tokensPerEpoch, validationTokens] = [totalOf(train, tokensIn), totalOf(validation, tokensIn)];
    const measured = await measure({ adapter, training }, options);
    const plan = { totalSteps, stepsPerEpoch, tokensPerEpoch, validationTokens, totalValidations };
    const { secondsPerStep, secondsPerValidation, seconds, uncertainty } = estimateRun({ ...measured, ...plan });
    const memoryBytes = process.resourceUsage().maxRSS * 1024;
    const { trainableParameters } = adapter.plan;
    const completionTokens = totalOf(train, completionTokensIn);
    const numbers = { trainableParameters, completionTokens, rows: train.length, steps: totalSteps, stepsPerEpoch };
    const times = { secondsPerStep, secondsPerValidation, validations: totalValidations, seconds, uncertainty };
    report.emit({ type: "plan", engine, ...numbers, ...times, memoryBytes });
    const facts = [
      ["engine", engine],
      ["rows", `${formatCount(train.length)}, and ${formatCount(validation.length)} held out`],
      ...(completionTokens === 0 ? [] : [["capacity", capacity(trainableParameters, completionTokens)] as const]),
      ["steps", `${formatCount(totalSteps)}, ${formatCount(stepsPerEpoch)} an epoch`],
      ["a step", `${formatDuration(secondsPerStep)}, by ${measured.steps.length} measured steps and the tokens of all`],
      ...(totalValidations === 0
        ? []
        : [["a validation", `${formatDuration(secondsPerValidation)}, ${totalValidations} of them at most`] as const]),
      ["in all", `${formatDuration(seconds)}, give or take ${(100 * uncertainty).toFixed(0)} %${busyness()}`],
      ["memory", `${formatBytes(memoryBytes)} at most, the program's own among it`],
    ] as const;
    for (const line of formatFacts(facts)) report.say(line);
  } finally {
    dispose();
  }
}

/** Other programs slow the measured steps, and may stop or start before the run. */
function busyness(): string {
  const [load = 0] = loadavg();
  if (load <= availableParallelism()) return "";
  return `; other programs use the processors now (load ${load.toFixed(1)} of ${availableParallelism()}), so it may differ by more`;
}

/** Some steps, with a validation of one batch after every second one. */
async function measure({ adapter, training }: Pick<PreparedRun, "adapter" | "training">, options: TrainOptions) {
  const { batchSize = training.defaults.batchSize } = options;
  const firstPlaces = Array.from({ length: Math.min(batchSize, training.validation.length) }, (_, place) => place);
  const validation = [...pickRows(training.validation, firstPlaces)];
  const steps = Math.min(training.totalSteps, warmUp + mostMeasured);
  const often = { evalEvery: 2, evalAtStart: false, patience: undefined };
  const loop = { ...trainingOptions(options, unkept), epochs: undefined, steps, ...often, onWarning: () => undefined };
  const made: Measurement[] = [];
  const validations: Measurement[] = [];
  const start = performance.now();
  let last = start;
  for await (const event of adapter.run({ ...training, validation }, loop)) {
    const now = performance.now();
    const seconds = (now - last) / 1000;
    if (event.type === "step") made.push({ seconds, tokens: event.tokens ?? 0 });
    if (event.type === "evaluation") validations.push({ seconds, tokens: totalOf(validation, tokensIn) });
    if (made.length >= warmUp + leastMeasured && now - start > 1000 * enoughSeconds) break;
    last = now;
  }
  return { steps: made.length > warmUp ? made.slice(warmUp) : made, validations };
}

/** Of all rows, by some of them where there are many. */
function totalOf(rows: RowList<TokenizedExample>, count: (row: TokenizedExample) => number): number {
  const seen = someRows(rows, 10_000);
  return (seen.reduce((sum, row) => sum + count(row), 0) / Math.max(1, seen.length)) * rows.length;
}

function tokensIn(row: TokenizedExample): number {
  const others = row.kind === "comparison" ? row.others.reduce((sum, { length }) => sum + length, 0) : 0;
  return row.inputIds.length + others + (row.kind === "preference" ? row.rejected.inputIds.length : 0);
}

function completionTokensIn(row: TokenizedExample): number {
  if (!("labels" in row)) return 0;
  return row.labels.reduce((sum, label) => sum + (label === ignoredLabel ? 0 : 1), 0);
}

/** Thinking Machines' rule of thumb: https://thinkingmachines.ai/blog/lora/. */
function capacity(parameters: number, tokens: number): string {
  const counted = `${formatCount(parameters)} parameters for ${formatCount(Math.round(tokens))} completion tokens`;
  const verdict = parameters >= tokens ? "room enough" : "little room: raise --rank, or train more layers";
  return `${counted}: ${verdict} (an adapter needs about as many parameters as tokens to learn)`;
}
