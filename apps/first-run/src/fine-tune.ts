// The training itself: batches in, a better adapter out.

import { activeAdapters } from "@lowrank/contracts";
import { batches, type TokenBatch, type TokenizedExample } from "@lowrank/data";
import type { AdapterHandle } from "@lowrank/inject";
import { batchTensors } from "@lowrank/models";
import { type StepEvent, train } from "@lowrank/trainer";
import type { BaseModel } from "./base-model.ts";

/** How the adapter is trained. */
export interface FineTuneSettings {
  readonly steps: number;
  readonly seed: number;
  /** Called after each step. */
  readonly onStep: (event: StepEvent) => void;
}

const batchSize = 12;
const learningRate = 2e-3; // LoRA takes ten times what full fine-tuning takes: its updates are small
const warmupShare = 0.06;

/** Trains the adapter's variables; the model stays as it is. */
export async function fineTune(
  { model, tokenizer }: BaseModel,
  adapter: AdapterHandle,
  examples: readonly TokenizedExample[],
  { steps, seed, onStep }: FineTuneSettings,
): Promise<void> {
  const adapters = activeAdapters(adapter.name);
  const run = train<TokenBatch>({
    variables: adapter.variables,
    loss: (batch, random) => model.loss(batchTensors(batch), { training: true, adapters, random }),
    batches: (epoch) =>
      batches(examples, { batchSize, padId: tokenizer.padId, seed, epoch, groupByLength: true, dropLast: true }),
    batchSize: ({ tokens, supervised }) => ({ tokens, supervised }),
    steps,
    seed,
    learningRate,
    schedule: "cosine",
    warmupSteps: Math.ceil(steps * warmupShare),
  });
  for await (const event of run) {
    if (event.type === "step") onStep(event);
  }
}
