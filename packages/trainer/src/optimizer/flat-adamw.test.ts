import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import { expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AdamW } from "./adamw.ts";
import { FlatAdamW } from "./flat-adamw.ts";
import { FlatGradients } from "./flat-gradients.ts";
import { FlatLayout, type Place } from "./flat-layout.ts";
import { FlatParameters } from "./flat-parameters.ts";

const options = { betas: [0.9, 0.999], epsilon: 1e-8 } as const;
const start = { a: [1, -2], b: [0.5, 0.25, -1], c: [3] };
/** Two steps; the second has none for b. */
const steps: readonly Readonly<Record<string, readonly number[]>>[] = [
  { a: [0.1, 0.2], b: [-1, 0, 2], c: [5] },
  { a: [0.3, -0.7], c: [-1] },
  { a: [0.1, 0.1], b: [1, 1, 1], c: [0] },
];
const ratesOf = ({ name }: Pick<Place, "name">) => ({
  learningRate: name === "c" ? 0.16 : 0.01,
  weightDecay: name === "a" ? 0 : 0.1,
});

describe.each(["cpu", "wasm"])("one pass over flat arrays on %s", (backend) => {
  let variables: Map<string, tf.Variable>;
  beforeEach(async () => {
    await tf.setBackend(backend);
    variables = new Map(Object.entries(start).map(([name, values]) => [name, tf.variable(tf.tensor1d(values))]));
  });
  afterEach(() => tf.dispose([...variables.values()]));

  async function run(visit: (optimizer: FlatAdamW) => void = () => {}) {
    const layout = new FlatLayout(variables);
    const parameters = new FlatParameters(layout);
    const gradients = new FlatGradients(layout);
    const optimizer = new FlatAdamW(layout, options);
    for (const step of steps) {
      gradients.clear();
      const entries = Object.entries(step).map(([name, values]) => [
        variables.get(name)?.name ?? "",
        tf.tensor1d([...values]),
      ]);
      const tensors: tf.NamedTensorMap = Object.fromEntries(entries);
      await gradients.add(tensors, 1);
      tf.dispose(tensors);
      optimizer.update({ values: await parameters.read(), gradients, gradientFactor: 0.5, ratesOf });
      parameters.assign((index) => gradients.has(index));
      visit(optimizer);
    }
    return optimizer;
  }

  it("gives the bits of updating each variable by itself, and the same moments", async () => {
    const alone = new AdamW(options);
    const expected = new Map<string, Float32Array>(
      Object.entries(start).map(([name, values]) => [name, Float32Array.from(values)]),
    );
    for (const step of steps) {
      for (const [name, gradient] of Object.entries(step)) {
        const halved = Float32Array.from(gradient).map((value) => value * 0.5);
        expected.set(name, alone.update(name, expected.get(name) ?? new Float32Array(), halved, ratesOf({ name })));
      }
    }
    const optimizer = await run();
    for (const [name, variable] of variables)
      expect(Float32Array.from(variable.dataSync())).toEqual(expected.get(name));
    expect(optimizer.capture()).toEqual(alone.capture());
  });

  it("leaves what was read of a variable before a step as it was", async () => {
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

  it("sees what somebody else assigned between steps", async () => {
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
