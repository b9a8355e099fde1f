// One row of a test of gradients: a kernel, a computation that uses it, and inputs.

import { expectClose, expectGradients } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import type { EngineName } from "../src/engines/facts.ts";
import { registerGradients } from "../src/gradients/register-gradients.ts";
import { waves } from "./compare-with-twin.ts";
import { isGraphics, testEngines, useEngine } from "./test-engines.ts";

/** One kernel's case: what to compute, and from which inputs. */
export interface GradientCase {
  readonly kernel: string;
  readonly compute: (...inputs: tf.Tensor[]) => tf.Tensor;
  readonly inputs: () => tf.Tensor[];
  /** An engine that has no such kernel. */
  readonly notOn?: EngineName;
}

/** A case with one input, by default [3, 4]. */
export function one(kernel: string, compute: (x: tf.Tensor) => tf.Tensor, input = () => waves([3, 4])): GradientCase {
  return { kernel, compute: (...[x]) => compute(x ?? tf.scalar(0)), inputs: () => [input()] };
}

/** A case with two inputs of the given shapes. */
export function two(
  kernel: string,
  compute: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  a: readonly number[],
  b: readonly number[],
): GradientCase {
  return {
    kernel,
    compute: (...[first, second]) => compute(first ?? tf.scalar(0), second ?? tf.scalar(0)),
    inputs: () => [waves(a), waves(b, 2)],
  };
}

/** Values between 1 and 3, for functions that need them away from zero. */
export function positive(x: tf.Tensor): tf.Tensor {
  return tf.add(x, 2);
}

/** Distinct values, a multiple of 0.05 apart, so that no step of a finite difference changes which is the larger. */
export function apart(shape: readonly number[], offset = 0): tf.Tensor {
  const size = tf.util.sizeFromShape([...shape]);
  const values = Float32Array.from({ length: size }, (_, index) => ((index * 20) % 53) / 20 - 1.3 + offset);
  return tf.tensor(values, [...shape]);
}

/** Tests that each row of a table of gradients has a case and that each case agrees with finite differences. */
export function testGradients(
  table: readonly tf.GradConfig[],
  cases: readonly GradientCase[],
  flat: FlatCases = {},
): void {
  it("has a case for every row of the table", () => {
    const tested = new Set([...cases.map(({ kernel }) => kernel), ...Object.keys(flat)]);
    expect(table.map(({ kernelName }) => kernelName).filter((name) => !tested.has(name))).toEqual([]);
  });

  describe.each(testEngines("cpu", "native"))("on %s", (engine) => {
    beforeAll(async () => {
      registerGradients();
      registerGradients(table);
      await useEngine(engine);
    });

    const here = cases.filter(({ notOn }) => notOn !== engine);
    const missing = new Set(cases.filter(({ notOn }) => notOn === engine).map(({ kernel }) => kernel));
    it.skip.each([...missing])("%s is not tested: TensorFlow.js has no such kernel on this engine", () => undefined);
    it.each(here.map((each, index) => ({ ...each, index })))(
      "$kernel (case $index) agrees with finite differences",
      async ({ compute, inputs }) => {
        const tensors = inputs();
        await expectGradients(compute, tensors, { entries: isGraphics(engine) ? 3 : 16 });
        tf.dispose(tensors);
      },
    );

    it.each(Object.entries(flat))("%s has a gradient of zero", async (_kernel, compute) => {
      const x = waves([3, 4]);
      const withGradient = (input: tf.Tensor) => tf.add(tf.sum(tf.cast(compute(input), "float32")), tf.sum(input));
      const gradient = tf.tidy(() => tf.grad(withGradient)(x));
      expectClose(await gradient.data(), new Float32Array(12).fill(1), 0);
      tf.dispose([x, gradient]);
    });
  });
}

/** Kernels whose gradient is zero everywhere: what is tested is that they do not stop a computation. */
export type FlatCases = Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>>;
