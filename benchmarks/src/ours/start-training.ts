// A run of `train` that makes one step whenever it is asked to.

import { activeAdapters } from "@lowrank/contracts";
import type { PretrainedModel } from "@lowrank/models";
import { train } from "@lowrank/trainer";
import type * as tf from "@tensorflow/tfjs-core";
import type { Settings } from "../settings.ts";
import { addAdapter, loadRandomModel, startEngine } from "./adapted-model.ts";
import { inputsOf, randomBatch } from "./random-batch.ts";
import { openEverything } from "./train-everything.ts";

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
  const { name, variables } = settings.trains === "everything" ? openEverything(model) : addAdapter(model, settings);
  const how = {
    training: true,
    adapters: activeAdapters(name),
    ...(settings.checkpointing === true ? { blocksPerCheckpoint: 1 } : {}),
  };
  const steps = train({
    variables,
    batches: () => [randomBatch(settings)],
    loss: (batch, random) => model.loss(inputsOf(batch, settings), { ...how, random }),
    steps: 1_000_000,
    learningRate: 1e-4,
    schedule: "constant",
    clipNorm: null,
  });
  await steps.next(); // "start"
  const makeStep = async () => {
    await steps.next();
  };
  return { versions, model, variables, makeStep };
}
