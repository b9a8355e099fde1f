// The training loop, as a stream of events. It needs only variables, a loss and batches, no model, adapter or text.

import { refuseUnknownOptions } from "@lowrank/contracts/internal";
import { TrainingRun } from "./run/training-run.ts";
import {
  type CheckpointOptions,
  checkpointNames,
  type EvaluationOptions,
  evaluationNames,
  type TrainOptions,
  trainNames,
} from "./train-options.ts";
import type { EndEvent, TrainingEvent } from "./training-event.ts";

/**
 * Trains variables and yields an event for each step, evaluation and checkpoint.
 *
 * Between steps it lets other work run, so that Ctrl-C and buttons react. It never prints, and holds no tensor when it yields, except
 * on webgpu with AdamW: there, gradients and moments are on the GPU until the run ends. The same options give the same numbers on the
 * same backend, also if a run resumes from a checkpoint.
 *
 * Throws TRAINING_OPTIONS, RESUME_MISMATCH, LOSS_SHAPE, NO_GRADIENT, MISSING_METRIC; NonFiniteLossError if more
 * consecutive steps are not finite than the options allow, with the variables as before that step; PROCESSES_DIFFER if the
 * processes of `reduceGradients` have different numbers.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import "@tensorflow/tfjs-backend-cpu";
 * import "@lowrank/engine/gradients";
 * import { train } from "@lowrank/trainer";
 *
 * await tf.setBackend("cpu");
 * const slope = tf.variable(tf.scalar(0));
 * const loss = (x: number) => tf.squaredDifference(tf.mul(slope, x), 3 * x) as tf.Scalar;
 * const options = { variables: new Map([["slope", slope]]), loss, batches: () => [1, 2], steps: 200, learningRate: 0.1 };
 * for await (const event of train(options)) {
 *   if (event.type === "end" && event.reason !== "finished") throw new Error(event.reason);
 * }
 * const [learned = 0] = await slope.data();
 * if (Math.abs(learned - 3) > 0.1) throw new Error("did not learn");
 * slope.dispose();
 * ```
 */
export async function* train<Batch>(options: TrainOptions<Batch>): AsyncGenerator<TrainingEvent, void, undefined> {
  refuseUnknownOptions("train", options, trainNames);
  refuseUnknownOptions("evaluate", options.evaluate ?? {}, evaluationNames);
  refuseUnknownOptions("checkpoint", options.checkpoint ?? {}, checkpointNames);
  const run = await TrainingRun.start(options);
  const { evaluate, checkpoint } = options;
  try {
    await run.compareProcesses();
    yield startEvent(run, options);
    if (evaluate !== undefined && isDueAtStart(run, evaluate)) yield* evaluation(run, evaluate);
    let reason = reasonToEnd(run);
    while (reason === undefined) {
      const stepEvent = await run.makeStep();
      if (stepEvent !== undefined) yield stepEvent;
      await yieldToEventLoop();
      const restart = await run.reconsiderRate();
      if (restart !== undefined) yield restart;
      if (stepEvent !== undefined && evaluate !== undefined && isDue(run, evaluate)) yield* evaluation(run, evaluate);
      reason = reasonToEnd(run);
      if (checkpoint !== undefined && run.step > 0 && (reason !== undefined || isWorthKeeping(run, checkpoint))) {
        const state = await run.captureState();
        if (isComplete(reason)) run.restoreBest();
        await checkpoint.save(state);
        yield { type: "checkpoint", step: run.step };
      }
    }
    if (isComplete(reason)) run.restoreBest();
    const { step, settings, stopwatch, variablesStep } = run;
    const { seconds } = stopwatch;
    yield { type: "end", reason, step, steps: settings.steps, seconds, best: run.best.best, variablesStep };
  } finally {
    await run.close();
  }
}

function startEvent<Batch>(run: TrainingRun<Batch>, { variables }: TrainOptions<Batch>): TrainingEvent {
  const trainableParameters = [...variables.values()].reduce((sum, variable) => sum + variable.size, 0);
  const { step, settings } = run;
  return { type: "start", step, steps: settings.steps, trainableTensors: variables.size, trainableParameters };
}

async function* evaluation<Batch>(run: TrainingRun<Batch>, options: EvaluationOptions): AsyncGenerator<TrainingEvent> {
  const event = await run.evaluate(options);
  if (event !== undefined) yield event;
}

/** Whether to evaluate first: `atStart` before the first step, or a resumed run whose last evaluation was stopped. */
function isDueAtStart<Batch>(run: TrainingRun<Batch>, { atStart = false }: EvaluationOptions): boolean {
  return run.owesEvaluation || (atStart && run.step === 0);
}

function isDue<Batch>(run: TrainingRun<Batch>, evaluate: EvaluationOptions): boolean {
  return run.step === 0 ? isDueAtStart(run, evaluate) : run.step % evaluate.every === 0 || run.isFinished;
}

function isWorthKeeping<Batch>({ step, best }: TrainingRun<Batch>, options: CheckpointOptions): boolean {
  const { every, atBest = false } = options;
  const isDue = typeof every === "number" ? step % every === 0 : every(step);
  return step > 0 && (isDue || (atBest && best.best?.step === step));
}

function reasonToEnd<Batch>(run: TrainingRun<Batch>): EndEvent["reason"] | undefined {
  if (run.isFinished) return "finished";
  if (run.step > 0 && run.best.isExhausted) return "stopped-early"; // an evaluation before the first step does not count
  return run.isStopped ? "aborted" : undefined;
}

/** Whether nothing is left to do. An aborted run is not complete, because it can be resumed. */
function isComplete(reason: EndEvent["reason"] | undefined): boolean {
  return reason === "finished" || reason === "stopped-early";
}

/** Gives timers, signals and clicks time to run, because synchronous backends never wait. */
function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
