// The loop of a run: events become metrics, progress and files.

import { activeAdapters, inferenceContext, type RandomKey } from "@lowrank/contracts";
import { batches, type TokenBatch } from "@lowrank/data";
import { batchTensors, meanLoss } from "@lowrank/models";
import { type EndEvent, type StepEvent, type TrainingEvent, type TrainingState, train } from "@lowrank/trainer";
import { measuredBatches } from "../../rows/measured-batches.ts";
import { countedLabels } from "../../rows/tokenize-rows.ts";
import type { StepPlan } from "../../train/plan-steps.ts";
import { formatNumber } from "../terminal/format.ts";
import { type Progress, startProgress } from "../terminal/progress.ts";
import type { Report } from "../terminal/report.ts";
import { metricsLine } from "./metrics-file.ts";
import type { PreparedRun } from "./prepare-run.ts";
import type { TrainOptions } from "./train-options.ts";

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

function startTraining(run: PreparedRun, context: LoopContext): AsyncGenerator<TrainingEvent, void, undefined> {
  const { options, plan, signal, resumeFrom, save } = context;
  const { handle, opened, train: examples, validation, padId } = run;
  const { model } = opened;
  const adapters = activeAdapters(handle.name);
  const { batchSize, seed } = options;
  const evaluate = {
    every: options.evalEvery ?? Math.min(plan.stepsPerEpoch, plan.totalSteps),
    atStart: true,
    run: async () => {
      const measured = measuredBatches({ examples: validation, batchSize, padId });
      return { loss: await meanLoss(model, measured, inferenceContext(adapters), { signal }) };
    },
  };
  return train<TokenBatch>({
    variables: handle.variables,
    loss: (batch: TokenBatch, random: RandomKey) =>
      model.loss(batchTensors(batch), { training: true, adapters, random, ...checkpointsOf(options) }),
    batches: (epoch) => batches(examples, { batchSize, padId, seed, epoch, ...countedLabels(model) }),
    steps: plan.totalSteps,
    learningRate: options.learningRate,
    schedule: options.schedule,
    warmupSteps: plan.warmupSteps,
    weightDecay: options.weightDecay,
    clipNorm: options.clipNorm === 0 ? null : options.clipNorm,
    accumulate: options.accumulate,
    // One large batch, as transformers counts it since 4.46; of a single batch every weight gives the same.
    weightByTokens: options.accumulate > 1,
    batchSize: ({ tokens, supervised }) => ({ tokens, supervised }),
    seed,
    signal,
    fingerprint: run.fingerprint,
    checkpoint: { every: options.saveEvery ?? plan.totalSteps, atBest: options.saveEvery !== undefined, save },
    onWarning: context.report.warn,
    ...(validation.length === 0 ? {} : { evaluate }),
    ...(resumeFrom === undefined ? {} : { resumeFrom }),
  });
}

function checkpointsOf({ gradientCheckpointing: blocks }: TrainOptions): { readonly blocksPerCheckpoint?: number } {
  return blocks === undefined ? {} : { blocksPerCheckpoint: blocks === true ? 1 : blocks };
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
