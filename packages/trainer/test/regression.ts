// A linear regression small enough to follow by hand, for the trainer's tests.

import "@tensorflow/tfjs-backend-cpu";
import "@lowrank/engine/gradients";
import type { RandomKey } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeAll, beforeEach } from "vitest";
import type { TrainOptions } from "../src/train-options.ts";
import type { StepEvent, TrainingEvent } from "../src/training-event.ts";

/** Rows of a linear regression: y = 2·x₀ − x₁. */
export interface Rows {
  readonly x: readonly (readonly [number, number])[];
}

/** Five batches. */
export const epoch: readonly Rows[] = [
  { x: [[1, 2]] },
  { x: [[3, -1]] },
  {
    x: [
      [-2, 0.5],
      [1, 1],
    ],
  },
  { x: [[0.5, 4]] },
  { x: [[2, 2]] },
];

/** Variables as they are before each test, the loss they are trained for, and the options of a run. */
export interface Regression {
  readonly variables: Map<string, tf.Variable>;
  loss(rows: Rows, key: RandomKey): tf.Scalar;
  options(more?: Partial<TrainOptions<Rows>>): TrainOptions<Rows>;
  values(): number[][];
  /** Puts the variables back to where each test starts. */
  reset(): void;
}

/** Makes the variables anew before each test of the file and disposes of them after it. */
export function useRegression(): Regression {
  let variables = new Map<string, tf.Variable>();
  beforeAll(async () => {
    await tf.setBackend("cpu");
  });
  beforeEach(() => {
    variables = startingVariables();
  });
  afterEach(() => {
    for (const variable of variables.values()) variable.dispose();
  });

  function loss(rows: Rows, key: RandomKey): tf.Scalar {
    const x = tf.tensor2d(rows.x.map((row) => [...row])); // [rows, inFeatures]
    // Noise from the key stands for dropout: a run that goes on must see the same.
    const noise = Math.sin(key.seed * 7 + key.step * 13 + key.microStep * 3) * 0.01;
    const target = tf.tensor2d(rows.x.map(([a, b]) => [2 * a - b + noise]));
    const output = tf.add(tf.matMul(x, variables.get("weight") as tf.Tensor2D), variables.get("bias") as tf.Tensor);
    return tf.mean(tf.squaredDifference(output, target));
  }

  return {
    get variables() {
      return variables;
    },
    loss,
    options(more = {}) {
      const size = (rows: Rows) => ({ tokens: rows.x.length * 2, supervised: rows.x.length });
      const base = { variables, loss, batches: () => epoch, learningRate: 0.05, batchSize: size, seed: 3 };
      return "epochs" in more ? { ...base, ...more } : { ...base, steps: 10, ...more };
    },
    reset() {
      for (const variable of variables.values()) variable.dispose();
      variables = startingVariables();
    },
    values: () => [...variables.values()].map((variable) => [...variable.dataSync()]),
  };
}

function startingVariables(): Map<string, tf.Variable> {
  const weight: tf.Variable = tf.variable(tf.tensor2d([0.1, -0.2], [2, 1])); // [inFeatures, outFeatures]
  return new Map([
    ["weight", weight],
    ["bias", tf.variable(tf.tensor1d([0.3]))],
  ]);
}

/** All events of a run. */
export async function collect(run: AsyncIterable<TrainingEvent>): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  for await (const event of run) events.push(event);
  return events;
}

/** The step events among them. */
export function stepsOf(events: readonly TrainingEvent[]): StepEvent[] {
  return events.filter((event): event is StepEvent => event.type === "step");
}
