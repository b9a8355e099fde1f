import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import { expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FlatGradients } from "./flat-gradients.ts";
import { FlatLayout, type VariableRange } from "./flat-layout.ts";
import { FlatParameters } from "./flat-parameters.ts";
import { Optimizer } from "./optimizer.ts";
import type { Moments } from "./rules/rule.ts";
import { adamw, optimizers } from "./rules/rules.ts";

const options = { betas: [0.9, 0.999], epsilon: 1e-8, momentum: 0.9 } as const;
const cases = [...optimizers.values()].flatMap((rule) =>
  ["cpu", "wasm"].map((backend) => ({ rule, backend, name: rule.name })),
);
const start = { a: [1, -2], b: [0.5, 0.25, -1], c: [3] };
/** Two steps; the second has none for b. */
const steps: readonly Readonly<Record<string, readonly number[]>>[] = [
  { a: [0.1, 0.2], b: [-1, 0, 2], c: [5] },
  { a: [0.3, -0.7], c: [-1] },
  { a: [0.1, 0.1], b: [1, 1, 1], c: [0] },
];
const ratesOf = ({ name }: Pick<VariableRange, "name">) => ({
  learningRate: name === "c" ? 0.16 : 0.01,
  weightDecay: name === "a" ? 0 : 0.1,
});

describe.each(cases)("one pass of $name over flat arrays on $backend", ({ rule, backend }) => {
  let variables: Map<string, tf.Variable>;
  beforeEach(async () => {
    await tf.setBackend(backend);
    variables = new Map(Object.entries(start).map(([name, values]) => [name, tf.variable(tf.tensor1d(values))]));
  });
  afterEach(() => tf.dispose([...variables.values()]));

  async function run(visit: (optimizer: Optimizer) => void = () => {}) {
    const layout = new FlatLayout(variables);
    const parameters = new FlatParameters(layout);
    const gradients = new FlatGradients(layout);
    const optimizer = new Optimizer(layout, rule, options);
    for (const step of steps) {
      gradients.clear();
      const tensors = layout.ranges.map(({ name }) => step[name] && tf.tensor1d([...step[name]]));
      await gradients.add(tensors, 1);
      tf.dispose(tensors.flatMap((tensor) => tensor ?? []));
      optimizer.update({ values: await parameters.read(), gradients, gradientFactor: 0.5, ratesOf });
      parameters.assign((index) => gradients.has(index));
      visit(optimizer);
    }
    return optimizer;
  }

  it("equals updating each variable separately, to the bit, with the same moments", async () => {
    const expected = new Map<string, Float32Array>(
      Object.entries(start).map(([name, values]) => [name, Float32Array.from(values)]),
    );
    const moments = new Map<string, Moments>();
    for (const step of steps) {
      for (const [name, grads] of Object.entries(step)) {
        const gradients = Float32Array.from(grads);
        const values = expected.get(name) ?? new Float32Array();
        const shape = [values.length];
        const newMeans = () =>
          Object.fromEntries(rule.means(shape, options).map(([name, size]) => [name, new Float32Array(size)]));
        const { updates, ...means } = moments.get(name) ?? { ...newMeans(), updates: 0 };
        const rates = { updates: updates + 1, gradientFactor: 0.5, ...ratesOf({ name }) };
        rule.update({ values, gradients, means, shape }, rates, options);
        moments.set(name, { ...means, updates: updates + 1 });
      }
    }
    const optimizer = await run();
    for (const [name, variable] of variables)
      expect(Float32Array.from(variable.dataSync())).toEqual(expected.get(name));
    expect(optimizer.capture()).toEqual(moments);
  });

  it("does not change values that were read from a variable before a step", async () => {
    const variable = variables.get("a");
    const copy = tf.clone(variable ?? tf.scalar(0));
    const seen: Float32Array[] = [];
    await run(() => {
      const values = variable?.dataSync<"float32">();
      if (values !== undefined) seen.push(values);
    });
    expect(Array.from(copy.dataSync())).toEqual(start.a);
    expect(new Set(seen.map((values) => values.join())).size).toBe(steps.length);
    copy.dispose();
  });

  it("uses values that other code assigned between steps", async () => {
    const layout = new FlatLayout(variables);
    const parameters = new FlatParameters(layout);
    await parameters.read();
    const other = tf.tensor1d([7, 8, 9]);
    variables.get("b")?.assign(other);
    other.dispose();
    expect(Array.from(await parameters.read())).toEqual([1, -2, 7, 8, 9, 3]);
  });

  it("holds no tensor", () => expectNoLeak(async () => void (await run())));
});

describe("one variable's update by AdamW", () => {
  const grads = [Float32Array.of(0.5, -1, 0), Float32Array.of(-0.25, 2, 1e-3), Float32Array.of(0.1, 0.1, -3)];

  /** The same rule in full precision, written out once more from the paper's algorithm 2. */
  function byHand(): number[] {
    const values = [1, -2, 0.5];
    const first = [0, 0, 0];
    const second = [0, 0, 0];
    for (const [index, gradient] of grads.entries()) {
      for (let i = 0; i < 3; i += 1) {
        const g = gradient[i] ?? 0;
        first[i] = 0.9 * (first[i] ?? 0) + 0.1 * g;
        second[i] = 0.999 * (second[i] ?? 0) + 0.001 * g * g;
        const mean = (first[i] ?? 0) / (1 - 0.9 ** (index + 1));
        const square = (second[i] ?? 0) / (1 - 0.999 ** (index + 1));
        values[i] = (values[i] ?? 0) - 0.1 * 0.01 * (values[i] ?? 0) - (0.1 * mean) / (Math.sqrt(square) + 1e-8);
      }
    }
    return values;
  }

  it("follows the paper's algorithm", () => {
    const values = Float32Array.of(1, -2, 0.5);
    const means = { first: new Float32Array(3), second: new Float32Array(3) };
    for (const [index, gradients] of grads.entries()) {
      const rates = { updates: index + 1, learningRate: 0.1, weightDecay: 0.01, gradientFactor: 1 };
      adamw.update({ values, gradients, means, shape: [3] }, rates, options);
    }
    for (const [i, expected] of byHand().entries()) expect(values[i]).toBeCloseTo(expected, 5);
  });
});

describe.each([...optimizers.values()])("variables that come and go under $name", (rule) => {
  beforeEach(() => tf.setBackend("cpu"));

  /** The values of `names` after steps that each update some of them, by gradients that depend on the values. */
  async function valuesAfter(names: readonly string[], steps: readonly (readonly string[])[], restoreAt?: number) {
    const variables = new Map(names.map((name) => [name, tf.variable(tf.tensor1d([name.charCodeAt(0), 1]))]));
    const layout = new FlatLayout(variables);
    const values = Float32Array.from(layout.ranges.flatMap(({ variable }) => [...variable.dataSync()]));
    const gradients = new FlatGradients(layout);
    let optimizer = new Optimizer(layout, rule, options);
    for (const [index, updated] of steps.entries()) {
      if (index === restoreAt) {
        const state = optimizer.capture();
        optimizer = new Optimizer(layout, rule, options);
        optimizer.restore(state);
      }
      gradients.clear();
      const tensors = layout.ranges.map(({ name, start: from, end }) =>
        updated.includes(name) ? tf.tensor1d(values.slice(from, end).map(Math.sin)) : undefined,
      );
      await gradients.add(tensors, 1);
      tf.dispose(tensors.flatMap((tensor) => tensor ?? []));
      const ratesOfAll = () => ({ learningRate: 0.1, weightDecay: 0.01 });
      optimizer.update({ values, gradients, gradientFactor: 1, ratesOf: ratesOfAll });
    }
    tf.dispose([...variables.values()]);
    return new Map(layout.ranges.map(({ name, start: from, end }) => [name, values.slice(from, end)]));
  }

  it("keep their own state, through saving and restoring", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.subarray(["a", "b", "c"]), { minLength: 1, maxLength: 8 }),
        fc.nat(7),
        async (updates, cut) => {
          const together = await valuesAfter(["a", "b", "c"], updates, cut);
          for (const name of ["a", "b", "c"]) {
            const own = updates.filter((names) => names.includes(name));
            expect(together.get(name)).toEqual((await valuesAfter([name], own)).get(name));
          }
        },
      ),
      { seed: 20 },
    ));
});
