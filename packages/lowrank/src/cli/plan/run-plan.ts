// lowrank plan: the plan of an adapter, and the measured cost of its steps.

import { availableParallelism, loadavg } from "node:os";
import { ignoredLabel, type TokenizedExample } from "@lowrank/data/internal";
import { findKappaTargetModules } from "@lowrank/inject/internal";
import { trainingOptions } from "../../recipe/recipe.ts";
import { someRows } from "../../report/data-facts.ts";
import { validationInterval } from "../../train/training-run.ts";
import { withBase } from "../base-for.ts";
import { withOpenModel } from "../start-engine.ts";
import { formatBytes, formatCount, formatDuration, formatNumber } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import { formatFacts } from "../terminal/table.ts";
import type { TrainOptions } from "../train/run-train.ts";
import { estimateRun, measureSteps, tokensRead, totalOf } from "./measure-steps.ts";
import { preparePlan, withoutFolder } from "./prepare-plan.ts";

export interface PlanOptions extends TrainOptions {
  readonly kappaTargets?: number;
}

export async function runPlan(options: PlanOptions, report: Report): Promise<void> {
  if (options.kappaTargets !== undefined) return printKappaTargets(options.kappaTargets, options, report);
  const { adapter, training, engine, dispose } = await preparePlan(options, report);
  try {
    const { totalSteps, stepsPerEpoch, train, validation } = training;
    const every = options.evalEvery ?? validationInterval(training);
    const totalValidations = validation.length === 0 ? 0 : Math.ceil(totalSteps / every) + 1;
    const [tokensPerEpoch, validationTokens] = [totalOf(train, tokensRead), totalOf(validation, tokensRead)];
    // A batch for every second step is enough.
    const { batchSize = training.defaults.batchSize } = options;
    const measurable = { ...training, validation: someRows(validation, batchSize) };
    const often = { ...trainingOptions(options, withoutFolder), evalEvery: 2, evalAtStart: false };
    const measured = await measureSteps(adapter, measurable, often);
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
      ["steps", `${formatCount(totalSteps)}, ${formatCount(stepsPerEpoch)} per epoch`],
      [
        "time per step",
        `${formatDuration(secondsPerStep)}, from ${measured.steps.length} measured steps and all tokens`,
      ],
      ...(totalValidations === 0
        ? []
        : [["per validation", `${formatDuration(secondsPerValidation)}, ${totalValidations} at most`] as const]),
      ["total time", `${formatDuration(seconds)}, ± ${(100 * uncertainty).toFixed(0)} %${busyness()}`],
      ["memory", `${formatBytes(memoryBytes)} at most, with the program itself`],
    ] as const;
    for (const line of formatFacts(facts)) report.print(line);
  } finally {
    dispose();
  }
}

/** The layers with the lowest condition numbers (KappaTune), and the flag that selects them. */
async function printKappaTargets(topP: number, requested: PlanOptions, report: Report): Promise<void> {
  const options = await withBase({ ...requested, engine: requested.engine ?? "cpu" }, report); // it computes no matrix products
  await withOpenModel({ ...options, adapter: undefined }, report, async ({ base }) => {
    const targets = findKappaTargetModules(base, { topP });
    report.emit({ type: "plan", kappaTargets: targets });
    for (const line of formatFacts(targets.map(({ path, kappa }) => [path, formatNumber(kappa)]))) report.print(line);
    report.print(`--target-modules ${targets.map(({ path }) => path).join(",")}`);
  });
}

/** Other programs slow the measured steps, and may stop or start before the run. */
function busyness(): string {
  const [load = 0] = loadavg();
  if (load <= availableParallelism()) return "";
  return `; other programs use the processors (load ${load.toFixed(1)} of ${availableParallelism()}), so it may differ by more`;
}

function completionTokensIn(row: TokenizedExample): number {
  if (!("labels" in row)) return 0;
  return row.labels.reduce((sum, label) => sum + (label === ignoredLabel ? 0 : 1), 0);
}

/** Thinking Machines' rule of thumb: https://thinkingmachines.ai/blog/lora/. */
function capacity(parameters: number, tokens: number): string {
  const counted = `${formatCount(parameters)} parameters for ${formatCount(Math.round(tokens))} completion tokens`;
  const verdict = parameters >= tokens ? "enough" : "low: raise --rank, or train more layers";
  return `${counted}: ${verdict} (an adapter needs about as many parameters as tokens to learn)`;
}
