// One run on the sample: the library's events become reports.

import type { OpenedAdapter, OpenedModel } from "lowrank/browser";
import type { Report, TrainingSettings } from "../old-protocol.ts";
import type { Sample } from "./sample.ts";

export interface SampleRun {
  readonly model: OpenedModel;
  readonly adapter: OpenedAdapter;
  readonly sample: Sample;
  readonly settings: TrainingSettings;
  readonly signal: AbortSignal;
  report(message: Report): void;
}

const how = { batchSize: 8, maxLength: 160 } as const;

/**
 * Trains until the steps are made or the signal says stop; reports each step, and the validation loss around it. Returns
 * the number of steps made.
 */
export async function trainOnSample({ model, adapter, sample, settings, signal, report }: SampleRun): Promise<number> {
  const { steps, learningRate, seed } = settings;
  const { validation } = sample;
  const validated = (when: "before" | "after", loss: number) => report({ type: "validated", when, loss });
  const warmupSteps = Math.min(5, steps - 1);
  let made = 0;
  let measured = -1;
  for await (const event of adapter.train(sample.train, {
    ...{ ...how, steps, learningRate, schedule: "cosine", warmupSteps, seed, signal, validation, evalEvery: steps },
  })) {
    if (event.type === "evaluation") {
      measured = event.step;
      validated(event.step === 0 ? "before" : "after", event.metrics.loss);
    }
    if (event.type !== "step") continue;
    const { step, loss, tokensPerSecond } = event;
    made = step;
    report({ type: "step", step, steps, loss, tokensPerSecond: tokensPerSecond ?? 0 });
  }
  // A run that was stopped is not measured at its end.
  if (made > 0 && measured < made) validated("after", (await model.evaluate(validation, { ...how, adapter })).loss);
  return made;
}
