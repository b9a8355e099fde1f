// An operation with its own gradients must give what plain operations and automatic differentiation give.

import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe } from "vitest";
import type { EngineName } from "../src/engines/facts.ts";
import "../src/gradients.ts";
import { expectEqualResults, nearbyInput, type Rounding } from "./expect-equal-results.ts";
import { testEngines, useEngine } from "./test-engines.ts";

export type Operation = (...inputs: tf.Tensor[]) => tf.Tensor;

/** Runs the tests of `body` on each test engine: plain JavaScript, patched wasm and native by default. */
export function onEachBackend(body: (engine: EngineName) => void): void {
  describe.each(testEngines("cpu", "wasm", "native"))("on %s", (engine) => {
    beforeAll(() => useEngine(engine));
    body(engine);
  });
}

/** Numbers between −1 and 1 without a pattern; different `seed`, different numbers. */
export function waves(shape: readonly number[], seed = 1): tf.Tensor {
  const size = tf.util.sizeFromShape([...shape]);
  const values = Float32Array.from({ length: size }, (_, index) => Math.sin((index + 1) * 12.9898 * seed + seed));
  return tf.tensor(values, [...shape]);
}

/** How far results may be apart, and where the twin computes: "cpu" if the engine itself would compute it by the tested kernel. */
type TwinOptions = Pick<Rounding, "tolerance" | "terms"> & { readonly twinOn?: "cpu" };

/** Throws unless value and gradients are equal within `options`; a number is the tolerance. Disposes of the inputs. */
export async function expectTwin(
  operation: Operation,
  twin: Operation,
  inputs: readonly tf.Tensor[],
  options: number | TwinOptions = {},
): Promise<void> {
  const { twinOn, ...rounding }: TwinOptions = typeof options === "number" ? { tolerance: options } : options;
  const expected = twinOn ? await changedResults(twin, inputs, { twinOn }) : await valueAndGradients(twin, inputs);
  const actual = await valueAndGradients(operation, inputs);
  const nearby = () => changedResults(twin, inputs, { change: nearbyInput, twinOn });
  await expectEqualResults(actual, expected, { ...rounding, nearby });
  tf.dispose([...inputs]);
}

/** An operation's results for changed inputs, or on another backend. */
async function changedResults(
  operation: Operation,
  inputs: readonly tf.Tensor[],
  {
    change = (values) => values,
    twinOn,
  }: { readonly change?: (values: Float32Array) => Float32Array; readonly twinOn?: "cpu" | undefined },
): Promise<readonly Float32Array[]> {
  const values = await Promise.all(inputs.map(async (input) => change(Float32Array.from(await input.data()))));
  const own = tf.getBackend();
  await tf.setBackend(twinOn ?? own);
  try {
    const moved = inputs.map(({ shape }, index) => tf.tensor(values[index] ?? [], shape));
    const results = await valueAndGradients(operation, moved);
    tf.dispose(moved);
    return results;
  } finally {
    await tf.setBackend(own);
  }
}

async function valueAndGradients(operation: Operation, inputs: readonly tf.Tensor[]): Promise<readonly Float32Array[]> {
  const tensors = tf.tidy(() => {
    const output = operation(...inputs);
    const weights = waves(output.shape, 0.37);
    const gradients = tf.grads((...arguments_: tf.Tensor[]) => tf.sum(tf.mul(operation(...arguments_), weights)))([
      ...inputs,
    ]);
    return [output, ...gradients];
  });
  const values = await Promise.all(tensors.map(async (tensor) => Float32Array.from(await tensor.data())));
  tf.dispose(tensors);
  return values;
}
