// The training: rows in, a trained adapter out.

import type { StepEvent } from "@lowrank/trainer";
import type { OpenedAdapter } from "lowrank";
import type { Row } from "./restaurants.ts";

/** How the adapter is trained. */
export interface FineTuneSettings {
  readonly steps: number;
  readonly seed: number;
  /** Maximum number of tokens in a row. */
  readonly maxLength: number;
  /** Called after each step. */
  readonly onStep: (event: StepEvent) => void;
}

const how = {
  batchSize: 12,
  learningRate: 2e-3, // LoRA needs about ten times the rate of full fine-tuning
  schedule: "cosine",
  warmupRatio: 0.06,
  dropLast: true,
} as const;

/** Trains the adapter's variables; the model stays as it is. */
export async function fineTune(
  adapter: OpenedAdapter,
  rows: readonly Row[],
  { steps, seed, maxLength, onStep }: FineTuneSettings,
): Promise<void> {
  for await (const event of adapter.train(rows, { ...how, steps, seed, maxLength })) {
    if (event.type === "step") onStep(event);
  }
}
