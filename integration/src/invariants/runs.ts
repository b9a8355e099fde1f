// Short training runs of adapters, and the check of their gradients.

import { type AdapterSelection, activeAdapters } from "@lowrank/contracts";
import type { RandomKey } from "@lowrank/contracts/internal";
import type { AdapterHandle } from "@lowrank/inject";
import { type TrainingEvent, type TrainOptions, train } from "@lowrank/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { type Rows, rows, type Subject } from "./subjects.ts";

/** What a run is made of besides a model and an adapter. */
export type RunOptions = Partial<TrainOptions<Rows>> & {
  /** Default: the adapter alone. */
  readonly adapters?: AdapterSelection;
};

/** Trains an adapter for a few steps, by default one with all of `rows` at the rate 0.01, and returns its events. */
export async function runSteps(
  subject: Subject,
  handle: Pick<AdapterHandle, "name" | "variables">,
  options: RunOptions = {},
): Promise<readonly TrainingEvent[]> {
  const { adapters = activeAdapters(handle.name), ...rest } = options;
  const events: TrainingEvent[] = [];
  const run = train<Rows>({
    variables: handle.variables,
    batches: () => [rows],
    loss: (ids: Rows, random: RandomKey) => subject.loss({ ids, adapters, random }),
    steps: 1,
    learningRate: 1e-2,
    schedule: "constant",
    ...rest,
  });
  for await (const event of run) events.push(event);
  return events;
}

/** The losses in a run's events. */
export function lossesOf(events: readonly TrainingEvent[]): readonly number[] {
  return events.flatMap((event) => (event.type === "step" ? [event.loss] : []));
}

/** The gradient of a loss for each variable, by name. */
export function gradientsOf(
  handle: Pick<AdapterHandle, "variables">,
  loss: () => tf.Scalar,
): ReadonlyMap<string, Float32Array> {
  const { value, grads } = tf.variableGrads(loss, [...handle.variables.values()]);
  const read = [...handle.variables].map(([name, variable]): [string, Float32Array] => [
    name,
    Float32Array.from(grads[variable.name]!.dataSync()),
  ]);
  tf.dispose([value, grads]);
  return new Map(read);
}

/**
 * Throws unless the gradient of every variable agrees with central differences of the loss, at entries evenly spread.
 * Variables are moved and put back.
 */
export function expectLossGradients(
  handle: Pick<AdapterHandle, "variables">,
  loss: () => tf.Scalar,
  entries: number,
): void {
  expectDifferences(handle, gradientsOf(handle, loss), { loss, entries });
}

/** The same of gradients that are given, which may be those of another way to compute the loss. */
export function expectDifferences(
  { variables }: Pick<AdapterHandle, "variables">,
  gradients: ReadonlyMap<string, Float32Array>,
  { loss, entries }: { readonly loss: () => tf.Scalar; readonly entries: number },
): void {
  for (const [name, gradient] of gradients) {
    const variable = variables.get(name)!;
    const largest = gradient.reduce((max, value) => Math.max(max, Math.abs(value)), 1e-2);
    for (let tried = 0; tried < Math.min(entries, gradient.length); tried++) {
      const entry = Math.floor((tried * gradient.length) / Math.min(entries, gradient.length));
      const numeric = (lossAt(variable, entry, step, loss) - lossAt(variable, entry, -step, loss)) / (2 * step);
      if (Math.abs(numeric - gradient[entry]!) <= 2e-2 * largest) continue;
      throw new Error(`${name}, entry ${entry}: the gradient is ${gradient[entry]}, differences give ${numeric}.`);
    }
  }
}

/** float32 has its smallest error here, for losses near 1. */
const step = 1e-2;

function lossAt(variable: tf.Variable, entry: number, shift: number, loss: () => tf.Scalar): number {
  const values = variable.dataSync().slice();
  const moved = values.slice();
  moved[entry]! += shift;
  const assign = (numbers: typeof values) => tf.tidy(() => variable.assign(tf.tensor(numbers, variable.shape)));
  assign(moved);
  const result = tf.tidy(() => loss().dataSync()[0]!);
  assign(values);
  return result;
}
