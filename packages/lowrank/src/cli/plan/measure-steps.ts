// What a step and a validation take on this machine, measured by the first ones of a run.

import type { RowMetrics } from "../../evaluate/metric-names.ts";
import type { OpenedAdapter, PreparedTraining } from "../../opened-adapter.ts";
import type { TrainingOptions } from "../../options.ts";

/** What was measured. */
export interface MeasuredSteps {
  /** The median. */
  readonly secondsPerStep: number;
  /** Of how many steps. */
  readonly measured: number;
  /** Before the first step; undefined without validation rows. */
  readonly validation?: { readonly metrics: RowMetrics; readonly seconds: number };
}

/** The first step makes what later ones have: graphs, packed weights, buffers. */
const warmUp = 1;
const wanted = 3;

/** Makes a few steps, after a validation if there are rows for one. */
export async function measureSteps(
  adapter: OpenedAdapter,
  training: PreparedTraining,
  options: TrainingOptions,
): Promise<MeasuredSteps> {
  const steps = Math.min(training.totalSteps, warmUp + wanted);
  // So low a rate diverges nowhere, and a step takes as long.
  const loop = { ...options, epochs: undefined, steps, learningRate: 1e-9, evalEvery: undefined, evalAtStart: true };
  const times: number[] = [];
  let validation: MeasuredSteps["validation"];
  let last = performance.now();
  for await (const event of adapter.run(training, loop)) {
    const now = performance.now();
    const seconds = (now - last) / 1000;
    if (event.type === "evaluation") validation ??= { metrics: event.metrics, seconds };
    if (event.type === "step") times.push(seconds);
    if (times.length === steps) break; // no validation after the last one
    last = now;
  }
  const counted = times.length > warmUp ? times.slice(warmUp) : times;
  return { secondsPerStep: median(counted), measured: counted.length, ...(validation && { validation }) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
