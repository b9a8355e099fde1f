// The loop of a run: events become progress on the terminal, and Ctrl-C ends it after its step.

import { listed } from "@lowrank/contracts";
import type { EndEvent, StepEvent, TrainingEvent } from "@lowrank/trainer";
import type { Communicator } from "@lowrank/trainer/mpi";
import type { RowMetrics } from "../../metric-names.ts";
import type { PreparedRun } from "../../recipe/run/prepare-run.ts";
import { keptRun } from "../../recipe/run/recipe-run.ts";
import type { RunFolder } from "../../run-folder.ts";
import { describeMetrics } from "../terminal/describe-metrics.ts";
import { type Progress, startProgress } from "../terminal/progress.ts";
import type { Report } from "../terminal/report.ts";
import type { TrainOptions } from "./train-options.ts";

/** What the run was asked. */
export interface RunContext {
  readonly options: TrainOptions;
  /** --out. */
  readonly folder: RunFolder;
  readonly report: Report;
  /** The processes that train together; undefined for one. */
  readonly communicator: Communicator | undefined;
}

/** How a run ended. */
export interface LoopResult {
  readonly end: EndEvent;
  /** Of each step, in order. */
  readonly losses: readonly number[];
  /** What validations found, by step, step 0 first. */
  readonly validation: readonly ({ readonly step: number } & RowMetrics)[];
}

/** Trains until the steps are made or the person says stop. Throws what the folder's `keep` does. */
export async function trainAdapter(
  run: PreparedRun & { readonly engine: string },
  context: RunContext,
): Promise<LoopResult> {
  const { report } = context;
  const { template: name, train: rows, learning, totalSteps, stepsPerEpoch } = run.training;
  const template = name === "" ? "" : `, written with the template "${name}"`;
  const counted = `${rows.length} ${rows.length === 1 ? "row" : "rows"}`;
  const loss = learning.words === undefined ? "" : `; loss: ${learning.words}`;
  report.say(`${counted}${template}${loss}; steps: ${totalSteps}, ${stepsPerEpoch} an epoch`);
  const interrupt = new AbortController();
  const stopListening = report.io.onInterrupt(() => {
    report.note("finishing this step, then saving (Ctrl-C again stops at once)");
    interrupt.abort();
  });
  try {
    const { options: choices, folder, communicator } = context;
    const kept = { choices, folder, engine: run.engine, signal: interrupt.signal, communicator };
    return await follow(keptRun(run, kept), run, context);
  } finally {
    stopListening();
  }
}

async function follow(
  events: AsyncIterable<TrainingEvent>,
  { training }: PreparedRun,
  { folder, report }: RunContext,
): Promise<LoopResult> {
  const progress = startProgress(report, { total: training.totalSteps, first: folder.resumeFrom?.step ?? 0 });
  const validation: ({ readonly step: number } & RowMetrics)[] = [];
  const losses: number[] = [];
  let end: EndEvent | undefined;
  try {
    for await (const event of events) {
      report.emit(event);
      show(event, progress, report);
      if (event.type === "step") losses.push(event.loss);
      if (event.type === "restart") for (const kept of [losses, validation]) kept.splice(0);
      if (event.type === "evaluation") validation.push({ step: event.step, ...event.metrics });
      if (event.type === "end") end = event;
    }
  } finally {
    progress.stop();
  }
  if (end === undefined) throw new Error("The trainer ended without saying why.");
  return { end, losses, validation };
}

function show(event: TrainingEvent, progress: Progress, report: Report): void {
  if (event.type === "step") progress.update(progressOf(event));
  if (event.type === "evaluation") {
    const metrics = describeMetrics(event.metrics).map((pair) => pair.join(" "));
    report.note(`  step ${event.step}  validation ${metrics.join("  ")}`);
  }
  if (event.type === "restart") {
    const { step, reason, learningRateBefore, learningRate } = event;
    report.note(
      `  step ${step}  ${reason}: restarting with learning rate ${learningRate} instead of ${learningRateBefore}`,
    );
  }
  if (event.type === "skip") {
    const of = event.names.length === 0 ? "" : ` (${listed(event.names)})`;
    report.note(`  step ${event.step}  left out: its ${event.what} is ${event.value}${of}; ${event.inARow} in a row`);
  }
}

function progressOf({ step, loss, tokensPerSecond, secondsLeft }: StepEvent) {
  return { step, loss, tokensPerSecond: tokensPerSecond ?? 0, secondsLeft };
}
