// The training that a fixture recorded, with our own trainer.

import type { AdapterHandle } from "@lowrank/inject";
import { train } from "@lowrank/trainer";
import { adapterContext, inputsOf, type ParityCase } from "./parity-case.ts";

/** What expected.json says of the training. */
export interface TrainSettings {
  readonly lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weight_decay: number;
  readonly steps: number;
  readonly clip: number | null;
  readonly schedule: "constant" | "linear" | "cosine";
  readonly warmup: number;
  readonly accumulate: number;
}

/** Trains the adapter as the fixture did; returns the loss before each step. */
export async function trainCase({
  fixture,
  model,
  handle,
}: Pick<ParityCase, "fixture" | "model"> & { readonly handle: Pick<AdapterHandle, "variables"> }): Promise<
  readonly number[]
> {
  // The fixture's own file, described in its README.
  const settings = fixture.expected.train as TrainSettings;
  const numbers = Array.from({ length: settings.steps * settings.accumulate }, (_, index) => index);
  const losses: number[] = [];
  for await (const event of train<number>({
    variables: handle.variables,
    loss: (batch, random) => {
      const inputs = inputsOf(fixture, batch);
      return model.loss(inputs, { ...adapterContext, training: true, random });
    },
    batches: () => numbers,
    steps: settings.steps,
    learningRate: settings.lr,
    betas: settings.betas,
    epsilon: settings.eps,
    weightDecay: settings.weight_decay,
    clipNorm: settings.clip,
    schedule: settings.schedule,
    warmupSteps: settings.warmup,
    accumulate: settings.accumulate,
  })) {
    if (event.type === "step") losses.push(event.loss);
  }
  return losses;
}
