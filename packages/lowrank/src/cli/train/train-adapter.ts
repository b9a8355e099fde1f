// The loop of a run: events become metrics, progress and files.

import type { EndEvent, StepEvent, TrainingEvent, TrainingState } from "@lowrank/trainer";
import { metricsLine } from "../../node/run/metrics-file.ts";
import type { StepPlan } from "../../train/plan-steps.ts";
import { formatNumber } from "../terminal/format.ts";
import { type Progress, startProgress } from "../terminal/progress.ts";
import type { Report } from "../terminal/report.ts";
import type { PreparedRun } from "./prepare-run.ts";
import { type TrainOptions, trainingOptions } from "./train-options.ts";

/** What the loop needs besides the prepared run. */
export interface LoopContext {
  readonly options: TrainOptions;
  readonly plan: StepPlan;
  readonly report: Report;
  /** Ends the run after its step, or in the middle of a validation. */
  readonly signal: AbortSignal;
  readonly resumeFrom: TrainingState | undefined;
  /** The lines of metrics.jsonl; the loop appends to them. */
  readonly metrics: string[];
  /** Writes --out; called at the end, and as often as --save-every says. */
  save(state: TrainingState): Promise<void>;
}

/** How a run ended. */
export interface LoopResult {
  readonly end: EndEvent;
  readonly loss: number | undefined;
  /** Validation losses by step, step 0 first. */
  readonly validation: readonly { readonly step: number; readonly loss: number }[];
}

/** Trains until the steps are made or the signal says stop. */
export async function trainAdapter(run: PreparedRun, context: LoopContext): Promise<LoopResult> {
  const { plan, report, metrics } = context;
  const progress = startProgress(report, { total: plan.totalSteps, first: context.resumeFrom?.step ?? 0 });
  const validation: { step: number; loss: number }[] = [];
  let loss: number | undefined;
  let end: EndEvent | undefined;
  try {
    for await (const event of startTraining(run, context)) {
      report.emit(event);
      show(event, progress);
      if (event.type === "step") {
        metrics.push(metricsLine(event));
        loss = event.loss;
      }
      if (event.type === "evaluation") validation.push({ step: event.step, loss: event.metrics.loss });
      if (event.type === "end") end = event;
    }
  } finally {
    progress.stop();
  }
  if (end === undefined) throw new Error("The trainer ended without saying why.");
  return { end, loss, validation };
}

function startTraining(
  { adapter, training, fingerprint }: PreparedRun,
  { options, plan, signal, resumeFrom, save }: LoopContext,
): AsyncGenerator<TrainingEvent, void, undefined> {
  const { saveEvery } = options;
  return adapter.run(training, {
    ...trainingOptions(options),
    fingerprint,
    signal,
    resumeFrom,
    checkpoint: { every: saveEvery ?? plan.totalSteps, atBest: saveEvery !== undefined, save },
  });
}

function show(event: TrainingEvent, progress: Progress): void {
  if (event.type === "step") progress.update(progressOf(event));
  if (event.type === "evaluation") {
    progress.interrupt(`  step ${event.step}  validation loss ${formatNumber(event.metrics.loss)}`);
  }
}

function progressOf({ step, loss, tokensPerSecond, secondsLeft }: StepEvent) {
  return { step, loss, tokensPerSecond: tokensPerSecond ?? 0, secondsLeft };
}
