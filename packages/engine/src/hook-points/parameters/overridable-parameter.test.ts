import { activeAdapters, adapterRows, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { useTestEngine } from "../../../test/test-engines.ts";

import { OverridableParameter } from "./overridable-parameter.ts";

const selecting = (...names: string[]) => inferenceContext(activeAdapters(...names));

function valueIn(parameter: OverridableParameter, context: ForwardContext): number[] {
  return tf.tidy(() => [...parameter.value(context).dataSync()]);
}

function biasOfOnes(): OverridableParameter {
  return new OverridableParameter({ path: "score.bias", tensor: tf.ones([2]) });
}

beforeAll(useTestEngine);

describe("OverridableParameter", () => {
  it("is the frozen value unless a selected adapter overrides it", () => {
    const parameter = biasOfOnes();
    const close = parameter.override("task", (frozen) => tf.add(frozen, 4));
    expect(valueIn(parameter, inferenceContext())).toEqual([1, 1]);
    expect(valueIn(parameter, selecting("other"))).toEqual([1, 1]);
    expect(valueIn(parameter, selecting("task"))).toEqual([5, 5]);
    close();
    close();
    expect(valueIn(parameter, selecting("task"))).toEqual([1, 1]);
    parameter.dispose();
  });

  it("lets the selected adapters act in their order: a variable replaces, a function changes", () => {
    const parameter = biasOfOnes();
    const variable = tf.variable(tf.tensor1d([7, 8]));
    parameter.override("first", variable);
    parameter.override("second", (frozen) => tf.mul(frozen, 3));
    expect(valueIn(parameter, selecting("first", "second", "other"))).toEqual([21, 24]);
    expect(valueIn(parameter, selecting("second", "first"))).toEqual([7, 8]);
    parameter.dispose();
    expect(variable.isDisposed).toBe(false);
    variable.dispose();
  });

  it("refuses rows that would need two values at once, and names the adapters", () => {
    const parameter = biasOfOnes();
    parameter.override("task", (frozen) => frozen);
    expect(valueIn(parameter, inferenceContext(adapterRows(["other", null])))).toEqual([1, 1]);
    const mixed = () => parameter.value(inferenceContext(adapterRows(["task", null])));
    expect(mixed).toThrow(expect.objectContaining({ code: "ROWS_WITH_OVERRIDE" }));
    expect(mixed).toThrow(/"task"/);
    parameter.dispose();
  });

  it("restores a replaced value bit for bit, and functions see the replacement meanwhile", () => {
    const parameter = biasOfOnes();
    parameter.override("task", (frozen) => tf.add(frozen, 1));
    const restore = parameter.replace(tf.tensor1d([0.1, 0.2]));
    expect(valueIn(parameter, selecting("task"))).toEqual([...Float32Array.of(1.1, 1.2)]);
    restore();
    restore();
    expect(valueIn(parameter, inferenceContext())).toEqual([1, 1]);
    parameter.dispose();
  });

  it("leaves nothing behind", async () => {
    await expectNoLeak(() => {
      const parameter = biasOfOnes();
      parameter.read().dispose();
      parameter.replace(tf.zeros([2]));
      parameter.dispose();
    });
  });

  it("reports problems", () => {
    const parameter = biasOfOnes();
    expect(() => parameter.replace(tf.zeros([3]))).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
    const wrong = tf.variable(tf.zeros([3]));
    expect(() => parameter.override("task", wrong)).toThrow(/score\.bias/);
    wrong.dispose();
    parameter.dispose();
    expect(() => parameter.read()).toThrow(expect.objectContaining({ code: "DISPOSED" }));
  });
});
