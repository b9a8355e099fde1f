// An operation with its own gradients must give what plain operations and automatic differentiation give.

import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe } from "vitest";
import type { EngineName } from "../src/engines/facts.ts";
import "../src/gradients.ts";
import { expectEqualResults, nearbyInput, type Rounding } from "./expect-equal-results.ts";
import { testEngines, useEngine } from "./test-engines.ts";

type Operation = (...inputs: tf.Tensor[]) => tf.Tensor;

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

/** Throws unless value and gradients are equal within `rounding`; a number is its tolerance. Disposes of the inputs. */
export async function expectTwin(
  operation: Operation,
  twin: Operation,
  inputs: readonly tf.Tensor[],
  rounding: number | Pick<Rounding, "tolerance" | "terms"> = {},
): Promise<void> {
  const expected = await valueAndGradients(twin, inputs);
  const actual = await valueAndGradients(operation, inputs);
  await expectEqualResults(actual, expected, {
    ...(typeof rounding === "number" ? { tolerance: rounding } : rounding),
    nearby: () => nearbyResults(twin, inputs),
  });
  tf.dispose([...inputs]);
}

async function nearbyResults(operation: Operation, inputs: readonly tf.Tensor[]): Promise<readonly Float32Array[]> {
  const moved = await Promise.all(
    inputs.map(async (input) => tf.tensor(nearbyInput(Float32Array.from(await input.data())), input.shape)),
  );
  const results = await valueAndGradients(operation, moved);
  tf.dispose(moved);
  return results;
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
