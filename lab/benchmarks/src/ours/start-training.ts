// A run of `train` that makes one step on each call.

import { activeAdapters } from "@lowrank/contracts";
import type { PretrainedModel } from "@lowrank/models";
import type { LabelledInputs } from "@lowrank/models/internal";
import { type TrainOptions, train } from "@lowrank/trainer";
import type * as tf from "@tensorflow/tfjs-core";
import type { Settings } from "../settings.ts";
import { addAdapter, loadRandomModel, startEngine } from "./adapted-model.ts";
import { type Batch, inputsOf, randomBatch } from "./random-batch.ts";
import { type Opened, openEverything } from "./train-everything.ts";

export interface Training {
  readonly versions: Readonly<Record<string, string>>;
  readonly model: PretrainedModel;
  readonly variables: ReadonlyMap<string, tf.Variable>;
  makeStep(): Promise<void>;
}

/** Engine, model, adapter and the first breath of the trainer, as a user would have them. */
export async function startTraining(settings: Settings): Promise<Training> {
  const versions = await startEngine();
  const model = await loadRandomModel(settings);
  const trained = settings.trains === "everything" ? openEverything(model) : addAdapter(model, settings);
  const batches = () => [randomBatch(settings)];
  const makeStep = await stepsOn(
    { batches, inputs: (batch: Batch) => inputsOf(batch, settings) },
    model,
    trained,
    settings,
  );
  return { versions, model, variables: trained.variables, makeStep };
}

/** The training data: an epoch's batches, and each as tensors. */
interface Rows<Batch> {
  readonly batches: (epoch: number) => Iterable<Batch>;
  readonly inputs: (batch: Batch) => LabelledInputs;
}

/** Makes one step of a run that has no end. */
export async function stepsOn<Batch>(
  { batches, inputs }: Rows<Batch>,
  model: PretrainedModel,
  { name, variables }: Opened,
  {
    checkpointing = false,
    reduceGradients,
    batchSize,
  }: Pick<Settings, "checkpointing"> & Pick<TrainOptions<Batch>, "reduceGradients" | "batchSize">,
): Promise<() => Promise<void>> {
  const how = {
    training: true,
    adapters: activeAdapters(name),
    ...(checkpointing ? { blocksPerCheckpoint: 1 } : {}),
  };
  const steps = train<Batch>({
    variables,
    batches,
    loss: (batch, random) => model.loss(inputs(batch), { ...how, random }),
    steps: 1_000_000,
    learningRate: 1e-4,
    schedule: "constant",
    clipNorm: null,
    reduceGradients,
    ...(batchSize === undefined ? {} : { batchSize }),
  });
  await steps.next(); // "start"
  return async () => {
    await steps.next();
  };
}
