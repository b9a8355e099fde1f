// Memory is recycled, but no reachable value ever changes: whatever shares an array – a reshape, a slice, a
// variable, what was read out of a tensor – keeps it from being overwritten.

import { fc, it as property } from "@fast-check/vitest";
import { expectClose } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testEngines, useEngine } from "../../../test/test-engines.ts";
import { FrozenWeight } from "../../frozen-weight.ts";
import { addLowRank } from "../../ops/add-low-rank.ts";
import { frozenLinear } from "../../ops/frozen-linear.ts";
import { gelu } from "../../ops/gelu.ts";

/** A tensor, or an array that was read, with the values that it must keep. */
interface Watched<Holder> {
  readonly holder: Holder;
  readonly values: Float32Array;
}

/** The tensors and arrays of a random program. */
interface Watch {
  readonly tensors: Watched<tf.Tensor>[];
  readonly arrays: Watched<Float32Array>[];
}

const length = 128; // of every tensor, and large enough to be recycled
let count = 0;
const fresh = () => Float32Array.from({ length }, () => Math.sin(++count));
const flat = (tensor: tf.Tensor) => tf.reshape(tensor, [length]);

/** Each takes two of the watched tensors and may watch more. */
const steps = {
  makes: ({ tensors }) => {
    const values = fresh();
    tensors.push({ holder: tf.tensor1d(values), values: values.slice() });
  },
  adds: ({ tensors }, first, second) => {
    const sum = tf.tidy(() => tf.add(flat(first.holder), flat(second.holder)));
    tensors.push({ holder: sum, values: first.values.map((value, index) => value + (second.values[index] ?? 0)) });
  },
  clones: ({ tensors }, { holder, values }) => tensors.push({ holder: tf.clone(holder), values }),
  reshapes: ({ tensors }, { holder, values }) => tensors.push({ holder: tf.reshape(holder, [8, -1]), values }),
  cutsAndJoins: ({ tensors }, { holder, values }) => {
    const joined = tf.tidy(() => {
      const whole = flat(holder);
      return tf.concat([tf.slice(whole, 0, 64), tf.slice(whole, 64, length - 64)]);
    });
    tensors.push({ holder: joined, values });
  },
  unstacks: ({ tensors }, { holder, values }) => {
    const parts = tf.tidy(() => tf.unstack(tf.reshape(holder, [1, length])));
    for (const part of parts) tensors.push({ holder: part, values });
  },
  splits: ({ tensors }, { holder, values }) => {
    const parts = tf.tidy(() => tf.split(tf.reshape(holder, [1, length]), 1));
    for (const part of parts) tensors.push({ holder: part, values });
  },
  transposesTwice: ({ tensors }, { holder, values }) => {
    const transposed = tf.tidy(() => tf.transpose(tf.transpose(tf.reshape(holder, [8, -1]))));
    tensors.push({ holder: transposed, values });
  },
  castsAndPads: ({ tensors }, { holder, values }) => {
    const same = tf.tidy(() => tf.cast(tf.pad(flat(holder), [[0, 0]]), "float32"));
    tensors.push({ holder: same, values });
  },
  reads: ({ arrays }, { holder, values }) => arrays.push({ holder: holder.dataSync<"float32">(), values }),
  readsAndWraps: ({ tensors }, { holder, values }) => tensors.push({ holder: tf.tensor1d(holder.dataSync()), values }),
  assigns: ({ tensors }, first, second) => {
    const variable = tf.tidy(() => tf.variable(flat(first.holder)));
    const next = tf.tidy(() => flat(second.holder));
    variable.assign(next);
    next.dispose();
    tensors.push({ holder: variable, values: second.values });
  },
  keeps: ({ tensors }, { holder, values }) => {
    const kept = tf.tidy(() => tf.keep(tf.neg(tf.neg(holder))));
    tensors.push({ holder: kept, values });
  },
  scribbles: (_, { holder }) => {
    for (const operate of [tf.neg, tf.square, (x: tf.Tensor) => gelu(x, "tanh")]) operate(holder).dispose();
  },
  fails: (_, { holder }) => {
    const attempt = () =>
      tf.tidy(() => {
        tf.square(holder);
        return tf.matMul(tf.reshape(holder, [8, -1]), tf.reshape(holder, [8, -1]));
      });
    expect(attempt).toThrow();
  },
  differentiates: ({ tensors }, { holder, values }) => {
    const gradients = tf.tidy(() =>
      tf.grad((x) => tf.sum(tf.add(tf.mul(gelu(x, "tanh"), 0), tf.mul(x, holder))))(holder),
    );
    tensors.push({ holder: gradients, values: values.map((value) => 2 * value) });
  },
  disposes: ({ tensors }, { holder }) => {
    if (tensors.length < 2) return;
    const index = tensors.findIndex((watched) => watched.holder === holder);
    tensors.splice(index, 1);
    holder.dispose();
  },
} satisfies Record<string, (watch: Watch, first: Watched<tf.Tensor>, second: Watched<tf.Tensor>) => unknown>;

const program = fc.array(
  fc.tuple(
    fc.constantFrom(...(Object.keys(steps) as (keyof typeof steps)[])),
    fc.nat({ max: 99 }),
    fc.nat({ max: 99 }),
  ),
  { minLength: 1, maxLength: 60, size: "max" },
);

describe.each(testEngines("native"))("values on %s", (engine) => {
  beforeAll(() => useEngine(engine));
  afterAll(() => tf.disposeVariables());

  property.prop([program], { seed: 20_261_125, numRuns: 200 })(
    "stay as they were whatever is done to others",
    (steps_) => {
      const watch: Watch = { tensors: [], arrays: [] };
      const before = tf.memory().numTensors;
      steps.makes(watch);
      for (const [step, first, second] of steps_) {
        const { tensors } = watch;
        const [one, other] = [tensors[first % tensors.length], tensors[second % tensors.length]];
        if (one !== undefined && other !== undefined) steps[step](watch, one, other);
      }
      for (const { holder, values } of watch.arrays) expectClose(holder, values, 1e-5);
      for (const { holder, values } of watch.tensors) expectClose(holder.dataSync(), values, 1e-5);
      for (const { holder } of watch.tensors) holder.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it("stay as they were in a bias that is as long as the product of one row", () => {
    const weight = FrozenWeight.from(tf.ones<tf.Rank.R2>([4, length]));
    const bias = tf.tidy(() => tf.neg(tf.ones([length])));
    const output = tf.tidy(() => frozenLinear(tf.ones([1, 4]), weight, bias));
    expectClose(output.dataSync(), new Float32Array(length).fill(3), 0);
    expectClose(bias.dataSync(), new Float32Array(length).fill(-1), 0);
    tf.dispose([bias, output]);
    weight.dispose();
  });

  it("change in an output that may be reused, and only if it is not shared or reuse was not allowed", () => {
    const [x, a, b] = [tf.ones([8, 4]), tf.ones<tf.Rank.R2>([4, 1]), tf.ones<tf.Rank.R2>([1, length / 8])];
    const zeros = () => tf.tidy(() => tf.mul(tf.ones([8, length / 8]), 0));
    const sumOf = (output: tf.Tensor, mayReuseOutput: boolean) => {
      const sum = tf.tidy(() => addLowRank(output, x, a, b, 0.5, { mayReuseOutput }));
      expectClose(sum.dataSync(), new Float32Array(length).fill(2), 0);
      return sum;
    };
    const [kept, shared, handedOver] = [zeros(), zeros(), zeros()];
    const view = tf.reshape(shared, [length]);
    const sums = [sumOf(kept, false), sumOf(shared, true), sumOf(handedOver, true)];
    expectClose(kept.dataSync(), new Float32Array(length), 0);
    expectClose(view.dataSync(), new Float32Array(length), 0);
    expectClose(handedOver.dataSync(), new Float32Array(length).fill(2), 0);
    tf.dispose([x, a, b, kept, shared, view, handedOver, ...sums]);
  });

  it("are refused, not read, if their memory was transferred", () => {
    const values = fresh();
    const tensor = tf.tensor1d(values);
    structuredClone(values.buffer, { transfer: [values.buffer] });
    expect(() => tf.neg(tensor)).toThrow();
    expect(() => tf.matMul(tf.reshape(tensor, [8, -1]), tf.reshape(tensor, [-1, 8]))).toThrow();
    tensor.dispose();
  });

  it("are refused after their tensor was disposed of", () => {
    const tensor = tf.tensor1d(fresh());
    tensor.dispose();
    expect(() => tf.neg(tensor)).toThrow();
    expect(() => gelu(tensor, "erf")).toThrow();
    expect(() => tf.add(tensor, 1)).toThrow();
  });

  it("move to another engine and back", async () => {
    const values = fresh();
    const tensor = tf.tidy(() => tf.neg(tf.tensor1d(values)));
    await useEngine("cpu");
    const there = tf.neg(tensor);
    await useEngine(engine);
    const back = tf.tidy(() => tf.add(there, tf.neg(tensor)));
    tf.dispose([tensor, there]);
    tf.neg(back).dispose();
    expectClose(
      back.dataSync(),
      values.map((value) => 2 * value),
      1e-6,
    );
    back.dispose();
  });
});
