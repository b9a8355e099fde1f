// The native backend answers every call as tfjs-backend-cpu does: with the same numbers, or with an error that came before
// anything native was called.

import { it as property } from "@fast-check/vitest";
import { largestDifference } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type KernelCall, kernelCalls } from "../../../../test/kernel-calls.ts";
import { testEngines, useEngine } from "../../../../test/test-engines.ts";

interface Answer {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: ArrayLike<number>;
}

describe.each(testEngines("native"))("kernels of %s", (engine) => {
  beforeAll(() => useEngine(engine));
  afterAll(() => tf.disposeVariables());

  describe.each(Object.entries(kernelCalls))("%s", (_, calls) => {
    property.prop([calls], { seed: 20_261_125, numRuns: 150 })("answer as those of cpu do", (call) => {
      const [expected, actual] = [answer("cpu", call), answer(engine, call)];
      if (expected instanceof Error) {
        expect(actual).toBeInstanceOf(Error);
        expect(actual).not.toMatchObject({ code: "NATIVE_CALL_FAILED" });
        return;
      }
      if (actual instanceof Error) throw actual;
      expect(actual.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(
        expected.map(({ shape, dtype }) => ({ shape, dtype })),
      );
      for (const [index, { values }] of expected.entries())
        expect(largestDifference(actual[index]?.values ?? [], values).difference).toBeLessThan(1e-5);
    });
  });

  it("give NaN as the largest and the smallest of values among which it is", () => {
    for (const position of [0, 1, 6, 40]) {
      const values = Float32Array.from({ length: 41 }, (_, index) => (index === position ? Number.NaN : index));
      const found = tf.tidy(() => {
        const row = tf.tensor2d(values, [1, 41]);
        return [tf.max(row), tf.min(row, 1), tf.max(tf.transpose(row), 0)].map((result) => result.dataSync()[0]);
      });
      expect(found).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    }
  });
});

function answer(backend: string, { run }: KernelCall): readonly Answer[] | Error {
  tf.setBackend(backend);
  try {
    return tf.tidy(() =>
      [run()].flat().map((tensor) => ({ shape: tensor.shape, dtype: tensor.dtype, values: tensor.dataSync() })),
    ) as unknown as readonly Answer[];
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
