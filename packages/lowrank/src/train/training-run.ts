// The training loop of a run: batches in, events out.

import { activeAdapters, inferenceContext, LowrankError } from "@lowrank/contracts";
import type { ImageStates, RandomKey } from "@lowrank/contracts/internal";
import { batches } from "@lowrank/data";
import { batchIndices, decodedBatches } from "@lowrank/data/internal";
import type { AdapterHandle } from "@lowrank/inject";
import { preconditionGradients } from "@lowrank/math/internal";
import type { PretrainedModel } from "@lowrank/models";
import { loraPlus, type TrainingEvent, train } from "@lowrank/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { openOrLeaveOut } from "../media/row-media.ts";
import { metricFacts } from "../metric-names.ts";
import type { RunBatch } from "../objectives/objective.ts";
import { omitUndefined } from "../omit-undefined.ts";
import { optionsFor } from "../options/all-options.ts";
import { checkShares, measuredByFirst, stopWith } from "../processes/many-processes.ts";
import { countedLabels } from "../rows/tokens/tokenize-rows.ts";
import { type RunSteps, shapeOf, stepsOf } from "./plan-steps.ts";
import type { TokenizedRows } from "./tokenized-rows.ts";
import { type LoopOptions, type RunOptions, settled } from "./training-options.ts";

/** Trains until all steps are done or the signal aborts. Throws NonFiniteLossError and the errors of `train`. */
export async function* runTraining(
  { model, handle, rows, note }: TrainedRun,
  options: LoopOptions & RunOptions,
): AsyncGenerator<TrainingEvent, void, undefined> {
  const plan = stepsOf(rows, options);
  const settings = settled(rows, options);
  const { batchSize, gradientAccumulationSteps, learningRate, schedule, weightDecay, clipNorm } = settings;
  const { groupByLength, seed, bestBy } = settings;
  const { dropLast = false, checkpoint, resumeFrom, fingerprint, onWarning, communicator } = options;
  const { loraPlusRatio, riemannianReg } = options;
  const { padId, train: examples, validation, learning, media } = rows;
  const adapters = activeAdapters(handle.name);
  const imageStates = new Map<string, ImageStates>();
  const regularization = optionsFor("forward", options);
  const stop = communicator && stopWith(options.signal);
  // After a failed reward the run stops as by a signal, which saves its state, and then throws.
  const failing = new AbortController();
  const signal = AbortSignal.any([stop?.signal ?? options.signal ?? [], failing.signal].flat());
  const stopAt = (error: unknown): never => {
    if (LowrankError.isInstance(error) && error.code === "REWARD_FAILED") failing.abort(error);
    throw error;
  };
  const measure = async () => {
    const data = { examples: validation, media, batchSize, padId };
    const context = { ...inferenceContext(adapters), imageStates };
    return { ...(await learning.measure(model, data, { context, signal }).catch(stopAt)) };
  };
  const evaluate = {
    every: options.evalEvery ?? validationInterval(plan),
    atStart: options.evalAtStart ?? true,
    watch: bestBy,
    higherIsBetter: metricFacts[bestBy].higherIsBetter,
    keepsBest: true,
    ...omitUndefined({ patience: options.patience }),
    run: communicator && stop ? measuredByFirst(communicator, measure, stop) : measure,
  };
  const size = options.batchTokens === undefined ? { batchSize } : { batchTokens: options.batchTokens };
  if (communicator !== undefined) {
    const shared = { rows: examples.length, learning, batchSize: size.batchSize, onWarning };
    checkShares(communicator, shared);
  }
  const ordered = { ...size, padId, seed, groupByLength, dropLast, ...countedLabels(model), share: communicator };
  const open = media && openOrLeaveOut(media, { warn: onWarning ?? (() => undefined) });
  const written = learning.written?.start({
    model,
    adapter: handle,
    examples,
    padId,
    seed,
    gradientAccumulationSteps,
    signal,
    onWarning,
    note,
    order: (epoch) => batchIndices(examples, { ...size, seed, groupByLength, dropLast, epoch }),
    resumed: resumeFrom?.batchState,
  });
  let begun = resumeFrom?.position;
  const events = train<RunBatch>({
    variables: handle.variables,
    loss: (batch: RunBatch, random: RandomKey) => {
      const context = { training: true, adapters, random, imageStates, ...regularization, ...checkpointsOf(options) };
      return tf.tidy(() => tf.add<tf.Scalar>(learning.loss(model, batch, { context, padId }), handle.penalty() ?? 0));
    },
    batches: (epoch) => {
      const unseen = epoch === begun?.epoch ? begun.batches : 0;
      begun = undefined; // a run that goes back to its start sees all
      if (written !== undefined) return orStop(written.batches(epoch, unseen), stopAt);
      if (open === undefined) return batches(examples, { ...ordered, epoch });
      return decodedBatches(examples, { ...ordered, epoch, open, unseen });
    },
    steps: plan.totalSteps,
    learningRate,
    schedule,
    warmupSteps: plan.warmupSteps,
    weightDecay,
    clipNorm: clipNorm === 0 ? null : clipNorm,
    gradientAccumulationSteps,
    // One large batch, as transformers counts it since 4.46; of a single batch every weight gives the same.
    weightByTokens: gradientAccumulationSteps > 1 || written !== undefined,
    parts: (batch) => batch.parts ?? [batch],
    batchSize: ({ rows, tokens, supervised }) => ({ tokens, supervised, isEmpty: written !== undefined && rows === 0 }),
    ...(written === undefined ? {} : { batchState: () => written.state(), stepMetrics: meanMetrics }),
    seed,
    ...omitUndefined({
      reduceGradients: communicator,
      signal,
      resumeFrom,
      fingerprint,
      onWarning,
      scheduleShape: shapeOf(options, plan, resumeFrom?.settings.scheduleShape),
    }),
    ...optionsFor("trainer", options),
    ...(loraPlusRatio === undefined ? {} : { learningRateGroups: loraPlus(loraPlusRatio) }),
    precondition: riemannianReg === undefined ? undefined : (numbers) => preconditionGradients(numbers, riemannianReg),
    ...(checkpoint === undefined ? {} : { checkpoint: { every: plan.totalSteps, ...checkpoint } }),
    ...(validation.length === 0 ? {} : { evaluate }),
    // The loss of written batches does not fall while rewards rise.
    ...(written === undefined ? { watchRate: watchedRate(model, rows, options) } : {}),
  });
  for await (const event of events) {
    if (event.type === "end") failing.signal.throwIfAborted();
    yield event;
  }
}

interface TrainedRun {
  readonly model: PretrainedModel;
  readonly handle: AdapterHandle;
  readonly rows: TokenizedRows;
  /** Receives samples of what the model writes. */
  readonly note?: ((line: string) => void) | undefined;
}

async function* orStop<Value>(values: AsyncIterable<Value>, stopAt: (error: unknown) => never) {
  try {
    yield* values;
  } catch (error) {
    stopAt(error);
  }
}

function watchedRate(model: PretrainedModel, rows: TokenizedRows, options: LoopOptions) {
  const restarts = (options.watchRate ?? options.learningRate === undefined) ? 2 : 0;
  return { restarts, ...omitUndefined({ guess: lossOfGuessing(model, rows) }) };
}

/** The mean metrics of the batches of a step; only batches that the model wrote have metrics. */
function meanMetrics(step: readonly RunBatch[]): RunBatch["metrics"] {
  const sums = new Map<string, { readonly total: number; readonly count: number }>();
  for (const [name, value] of step.flatMap(({ metrics = {} }) => Object.entries(metrics))) {
    const { total, count } = sums.get(name) ?? { total: 0, count: 0 };
    sums.set(name, { total: total + value, count: count + 1 });
  }
  return Object.fromEntries([...sums].map(([name, { total, count }]) => [name, total / count]));
}

/** The loss of guessing the classes; undefined for other objectives. */
function lossOfGuessing({ config }: PretrainedModel, { train, learning }: TokenizedRows): number | undefined {
  return learning.words === undefined && train.at(0)?.kind === "classified" ? Math.log(config.labels) : undefined;
}

/** Steps between validations: after each epoch, or after several epochs if that is too often. */
const maxValidations = 10;

export function validationInterval({ stepsPerEpoch, totalSteps }: RunSteps): number {
  return stepsPerEpoch * Math.max(1, Math.ceil(totalSteps / stepsPerEpoch / maxValidations));
}

function checkpointsOf({ gradientCheckpointing: blocks }: LoopOptions): { readonly blocksPerCheckpoint?: number } {
  return blocks === undefined ? {} : { blocksPerCheckpoint: blocks === true ? 1 : blocks };
}
