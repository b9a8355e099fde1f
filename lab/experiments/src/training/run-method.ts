// One training of one method with one seed, from loading to the figures.

import { writeAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import type { TokenBatch } from "@lowrank/data";
import { batchTensors, generate, type PretrainedModel } from "@lowrank/models";
import type { BatchTensors, HeadPredictions } from "@lowrank/models/internal";
import { train } from "@lowrank/trainer";
import type { Metrics } from "@lowrank/trainer/internal";
import * as tf from "@tensorflow/tfjs-core";
import { type Adapted, adapterName, type Method } from "../methods/method.ts";
import type { Task, TaskModel } from "../tasks/task.ts";
import { meanOf } from "./mean-of.ts";
import { spanOverlap } from "./span-overlap.ts";

/** The result of a run. */
export interface Trained {
  readonly trainable: number;
  readonly after: Metrics;
  /** Mean loss of the last twenty steps. */
  readonly trainLoss: number;
  readonly steps: number;
  /** Seconds of training alone. */
  readonly seconds: number;
}

/** A run at one learning rate. */
export interface Attempt extends Trained {
  /** Whether the loss of the last twenty steps is lower, by two percent, than that of the first twenty. */
  readonly hasLearned: boolean;
}

export interface RunOptions {
  readonly seed: number;
  readonly learningRate: number;
  /** The folder in which a LoRA adapter is saved; absent: it is not saved. */
  readonly folder?: string;
  onStep?(step: number, loss: number): void;
}

/** The recipe of every method: AdamW, 10 % warm-up and linear decay, clipping at 1. */
export async function runMethod(
  task: Task,
  method: Method,
  { seed, learningRate, folder, onStep }: RunOptions,
): Promise<Attempt> {
  const model = await task.load(seed);
  const adapted = method.adapt(model, seed);
  const steps = task.epochs * task.batchesPerEpoch;
  const losses: number[] = [];
  const began = performance.now();
  const run = train<TokenBatch>({
    variables: adapted.variables,
    batches: (epoch) => task.batches(seed + epoch),
    batchesPerEpoch: task.batchesPerEpoch,
    loss: (batch, random) =>
      model.loss(inputsFor(adapted, batch), { ...contextFor(adapted), training: task.dropout === true, random }),
    steps,
    learningRate,
    ...(adapted.learningRateGroups === undefined ? {} : { learningRateGroups: adapted.learningRateGroups }),
    warmupSteps: Math.floor(steps / 10),
    weightDecay: 0.01,
    seed,
  });
  for await (const event of run) {
    if (event.type !== "step") continue;
    losses.push(event.loss);
    onStep?.(event.step, event.loss);
  }
  const seconds = (performance.now() - began) / 1000;
  const after = await measure(task, model, { ...adapted, context: contextFor(adapted) });
  if (folder !== undefined && adapted.handle !== undefined)
    await writeAdapterFolder(folder, await adapted.handle.toAdapter(), { overwrite: true });
  const trainable = [...adapted.variables.values()].reduce((sum, { size }) => sum + size, 0);
  const [startLoss, trainLoss] = [meanOf(losses.slice(0, 20)), meanOf(losses.slice(-20))];
  adapted.dispose();
  model.dispose();
  return { trainable, after, trainLoss, hasLearned: trainLoss < 0.98 * startLoss, steps, seconds };
}

/** The metrics of the model before training. */
export async function measureUntrained(task: Task, seed: number): Promise<Metrics> {
  const model = await task.load(seed);
  const after = await measure(task, model, { context: inferenceContext() });
  model.dispose();
  return after;
}

/** A batch as the method wants it read; call it in a tidy. */
function inputsFor({ virtualTokens }: Pick<Adapted, "virtualTokens">, batch: TokenBatch): BatchTensors {
  const inputs = batchTensors(batch);
  return virtualTokens === undefined ? inputs : virtualTokens.widen(inputs);
}

/** A call that selects the method; nothing is dropped. */
function contextFor({ virtualTokens }: Adapted): ForwardContext {
  const context = inferenceContext(activeAdapters(adapterName));
  return virtualTokens?.byPosition ? { ...context, everyPosition: true } : context;
}

/** How a model is used, with a method or without. */
interface ModelUse extends Pick<Adapted, "virtualTokens"> {
  readonly context: ForwardContext;
}

function measure(task: Task, model: PretrainedModel, use: ModelUse): Promise<Metrics> {
  const { context, virtualTokens } = use;
  const write: TaskModel["write"] = (promptIds, maxNewTokens) => generate(model, { promptIds, maxNewTokens, context });
  return task.measure({
    answer: (batch) => answerOf(model, use, batch),
    ...(virtualTokens === undefined ? { write } : {}),
  });
}

async function answerOf(model: PretrainedModel, use: ModelUse, batch: TokenBatch): ReturnType<TaskModel["answer"]> {
  const found: { count?: number; answers?: HeadPredictions | undefined } = {};
  const [sum, values] = tf.tidy((): [tf.Tensor, tf.Tensor] => {
    const { sum, count, answers } = model.measure(inputsFor(use, batch), use.context);
    Object.assign(found, { count, answers });
    return [sum, answers?.values ?? tf.tensor1d([])];
  });
  const [[value = Number.NaN], answered] = await Promise.all([sum.data(), values.data()]);
  tf.dispose([sum, values]);
  return { sum: value, count: found.count ?? 0, right: rightOf(found.answers, answered, batch) };
}

/** Classes that were hit; of places, the sum of each row's F1. */
function rightOf(answers: HeadPredictions | undefined, values: ArrayLike<number>, batch: TokenBatch): number {
  if (answers?.kind === "spans") return spanOverlap(values, batch);
  if (answers?.kind !== "classes") return 0;
  return answers.targets.filter((target, row) => values[row] === target).length;
}
