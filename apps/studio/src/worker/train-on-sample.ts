// One run on the sample: the trainer's events become reports.

import { activeAdapters, type ForwardContext, inferenceContext, type RandomKey } from "@lowrank/contracts";
import { batches, type TokenBatch } from "@lowrank/data";
import type { AdapterHandle } from "@lowrank/inject";
import { batchTensors, meanLoss, type PretrainedModel } from "@lowrank/models";
import { train } from "@lowrank/trainer";
import type { Report, TrainingSettings } from "../protocol.ts";
import type { Sample } from "./sample.ts";

export interface SampleRun {
  readonly model: PretrainedModel;
  readonly handle: AdapterHandle;
  readonly sample: Sample;
  readonly padId: number;
  readonly settings: TrainingSettings;
  readonly signal: AbortSignal;
  report(message: Report): void;
}

const batchSize = 8;

/**
 * Trains until the steps are made or the signal says stop; reports each step, and the validation loss around it. Returns
 * the number of steps made.
 */
export async function trainOnSample(run: SampleRun): Promise<number> {
  const { model, handle, sample, padId, settings, signal, report } = run;
  const adapters = activeAdapters(handle.name);
  const shared = { batchSize, padId, seed: settings.seed };
  report({ type: "validated", when: "before", loss: await validationLoss(run, inferenceContext(adapters)) });
  const events = train<TokenBatch>({
    variables: handle.variables,
    loss: (batch: TokenBatch, random: RandomKey) =>
      model.loss(batchTensors(batch), { training: true, adapters, random }),
    batches: (epoch) => batches(sample.train, { ...shared, epoch }),
    steps: settings.steps,
    learningRate: settings.learningRate,
    schedule: "cosine",
    warmupSteps: Math.min(5, settings.steps - 1),
    batchSize: ({ tokens, supervised }) => ({ tokens, supervised }),
    seed: settings.seed,
    signal,
  });
  let made = 0;
  for await (const event of events) {
    if (event.type !== "step") continue;
    const { step, loss, tokensPerSecond } = event;
    made = step;
    report({ type: "step", step, steps: settings.steps, loss, tokensPerSecond: tokensPerSecond ?? 0 });
  }
  if (made > 0) {
    report({ type: "validated", when: "after", loss: await validationLoss(run, inferenceContext(adapters)) });
  }
  return made;
}

/** Mean loss of a supervised token of the validation part. */
function validationLoss({ model, sample, padId }: SampleRun, context: ForwardContext): Promise<number> {
  return meanLoss(model, batches(sample.validation, { batchSize, padId, shuffle: false }), context);
}
