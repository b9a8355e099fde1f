// Several runs of `train` in this process, which give each other their gradients: what they learn is what one learns.

import "@tensorflow/tfjs-backend-cpu";
import "@lowrank/engine/gradients";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { collect, stepsOf } from "../test/regression.ts";
import { processesDifferError } from "./errors.ts";
import type { GradientReduction } from "./optimizer/gradient-reduction.ts";
import { train } from "./train.ts";
import type { TrainOptions } from "./train-options.ts";
import type { TrainingEvent } from "./training-event.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

/** Rows of a batch: x, y. */
type Rows = readonly (readonly [x: number, y: number])[];
/** Three batches of four, four and two rows. */
const all: readonly Rows[] = [4, 4, 2].map((count, batch) =>
  Array.from({ length: count }, (_, row) => [batch + row / 3, 2 * (batch + row / 3) - 1 + row / 7] as const),
);

/** Sums of arrays over members that all come to the same call. */
function members(size: number): readonly GradientReduction[] {
  let waiting: { readonly values: Float32Array; readonly resolve: () => void }[] = [];
  const allReduce = (values: Float32Array) =>
    new Promise<void>((resolve) => {
      waiting.push({ values, resolve });
      if (waiting.length < size) return;
      const come = waiting;
      waiting = [];
      const sums = values.map((_, i) => come.reduce((sum, each) => sum + (each.values[i] ?? 0), 0));
      for (const each of come) each.values.set(sums);
      for (const each of come) each.resolve();
    });
  return Array.from({ length: size }, (_, rank) => ({ rank, size, allReduce }));
}

/** One process with variables of its own, which start at 0 unless said. */
async function run(options: Partial<TrainOptions<Rows>>, start = 0) {
  const gradient = tf.variable(tf.scalar(start));
  const offset = tf.variable(tf.scalar(0));
  const loss = (rows: Rows) => {
    const x = tf.tensor1d(rows.map(([value]) => value));
    const y = tf.tensor1d(rows.map(([, value]) => value));
    return tf.mean(tf.squaredDifference(tf.add(tf.mul(x, gradient), offset), y)) as tf.Scalar;
  };
  const variables = new Map([
    ["slope", gradient],
    ["offset", offset],
  ]);
  const batchSize = (rows: Rows) => ({ tokens: rows.length, supervised: rows.length });
  try {
    const events = await collect(
      train({ variables, loss, batches: () => all, epochs: 3, learningRate: 0.1, batchSize, ...options }),
    );
    return { events, values: [...gradient.dataSync(), ...offset.dataSync()] };
  } finally {
    tf.dispose([gradient, offset]);
  }
}

/** Every `size`-th row of each batch: of the last batch some have none. */
function shareOf({ rank, size }: GradientReduction) {
  return () => all.map((rows) => rows.filter((_, index) => index % size === rank));
}

function losses(events: readonly TrainingEvent[]) {
  return stepsOf(events).map(({ loss, tokens, gradientNorm }) => [loss, tokens, gradientNorm]);
}

it.each([2, 3, 4])(
  "learn in %i shares of each batch what one learns from the whole, bit-equal to each other",
  async (size) => {
    const one = await run({});
    const shares = await Promise.all(
      members(size).map((each) => run({ reduceGradients: each, batches: shareOf(each) })),
    );
    for (const { events, values } of shares) {
      expect(values).toEqual(shares[0]?.values);
      for (const [index, value] of values.entries()) expect(value).toBeCloseTo(one.values[index] ?? Number.NaN, 6);
      for (const [step, numbers] of losses(events).entries())
        for (const [i, number] of numbers.entries())
          expect(number).toBeCloseTo(losses(one.events)[step]?.[i] ?? Number.NaN, 5);
    }
  },
);

it("accumulate as one does", async () => {
  const accumulated = { gradientAccumulationSteps: 2, weightByTokens: true };
  const one = await run(accumulated);
  const shares = await Promise.all(
    members(3).map((each) => run({ ...accumulated, reduceGradients: each, batches: shareOf(each) })),
  );
  for (const { values } of shares)
    for (const [index, value] of values.entries()) expect(value).toBeCloseTo(one.values[index] ?? Number.NaN, 6);
});

it("end with the best evaluation's variables as one does", async () => {
  const evaluation = (at: readonly number[]) => {
    const losses = [...at];
    return { evaluate: { every: 1, keepsBest: true, run: () => ({ loss: losses.shift() ?? Number.NaN }) } };
  };
  const found = [5, 4, 1, 2, 3, 4, 5, 6, 7];
  const shares = await Promise.all(
    members(2).map((each) => run({ ...evaluation(found), reduceGradients: each, batches: shareOf(each) })),
  );
  const one = await run(evaluation(found));
  for (const { events, values } of shares) {
    expect(events.at(-1)).toMatchObject({ reason: "finished", step: 9, variablesStep: 3 });
    expect(values).toEqual(shares[0]?.values);
    for (const [index, value] of values.entries()) expect(value).toBeCloseTo(one.values[index] ?? Number.NaN, 6);
  }
});

it("stop after the same step when one of them is aborted", async () => {
  const controller = new AbortController();
  const shares = await Promise.all(
    members(3).map((each) => {
      const batches = function* () {
        for (const [index, rows] of shareOf(each)().entries()) {
          if (each.rank === 1 && index === 2) controller.abort();
          yield rows;
        }
      };
      const signal = each.rank === 1 ? { signal: controller.signal } : {};
      return run({ reduceGradients: each, batches, batchesPerEpoch: 3, ...signal });
    }),
  );
  for (const { events } of shares) expect(events.at(-1)).toMatchObject({ type: "end", reason: "aborted", step: 3 });
});

it("refuse different variables, naming the first, and different options", async () => {
  const started = await Promise.allSettled(
    members(2).map((each) => run({ reduceGradients: each, batches: shareOf(each) }, each.rank)),
  );
  for (const [rank, result] of started.entries())
    expect(result).toMatchObject({ reason: processesDifferError(rank, 0, "slope") });
  const results = await Promise.allSettled(
    members(2).map((each) => run({ reduceGradients: each, batches: shareOf(each), learningRate: 0.1 + each.rank })),
  );
  for (const [rank, result] of results.entries())
    expect(result).toMatchObject({ reason: processesDifferError(rank, 0, "settings") });
});

it("refuse options that would weight shares wrongly", async () => {
  const [one] = members(1);
  const requested = run({ reduceGradients: one, gradientAccumulationSteps: 2 });
  await expect(requested).rejects.toThrow(expect.objectContaining({ code: "TRAINING_OPTIONS" }));
  await expect(run({ reduceGradients: one, gradientAccumulationSteps: 2 })).rejects.toThrow("needs weightByTokens");
});

it("restart together if the learning rate does not suit", async () => {
  const high = { learningRate: 1000, warmupSteps: 2, epochs: 6, watchRate: { restarts: 1 } };
  const shares = await Promise.all(
    members(2).map((each) => run({ ...high, reduceGradients: each, batches: shareOf(each) })),
  );
  for (const { events, values } of shares) {
    expect(events.filter(({ type }) => type === "restart")).toMatchObject([{ step: 10, learningRate: 250 }]);
    expect(values).toEqual(shares[0]?.values);
  }
});
