import { activeAdapters, adapterRows, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { useTestEngine } from "../../test/test-engines.ts";
import { computeByRows } from "./adapter-rows.ts";

import "../gradients.ts";
import { OverridableParameter } from "./parameters/overridable-parameter.ts";

/** Rows 1, 2 and 3 times a gain that "ten" and "two" have values of their own for. */
function gained(context: ForwardContext): { readonly values: number[]; readonly calls: number } {
  const gain = new OverridableParameter({ path: "norm.weight", tensor: tf.ones([1]) });
  const ten = tf.tidy(() => tf.variable(tf.tensor1d([10])));
  gain.override("ten", ten);
  gain.override("two", (frozen) => tf.mul(frozen, 2));
  let calls = 0;
  const values = tf.tidy(() => {
    const x = tf.tensor2d([[1], [2], [3]]);
    const y = computeByRows({ x, context, path: "norm", hookPoints: [gain] }, (rows, rowContext) => {
      calls += 1;
      return tf.mul(rows, gain.value(rowContext));
    });
    return [...y.dataSync()];
  });
  gain.dispose();
  ten.dispose();
  return { values, calls };
}

const byRow = (...names: (string | null)[]) => inferenceContext(adapterRows(names));

beforeAll(useTestEngine);

describe("computeByRows", () => {
  it("uses each row's own adapter's weight, in order", () => {
    expect(gained(byRow("two", null, "ten")).values).toEqual([2, 2, 30]);
    expect(gained(byRow("ten", "two", "ten")).values).toEqual([10, 4, 30]);
    expect(gained(byRow(null, "elsewhere", "two")).values).toEqual([1, 2, 6]);
  });

  it("computes once if no row needs its own weight, otherwise once for each adapter", () => {
    expect(gained(byRow(null, null, "elsewhere"))).toEqual({ values: [1, 2, 3], calls: 1 });
    expect(gained(inferenceContext(activeAdapters("ten")))).toEqual({ values: [10, 20, 30], calls: 1 });
    expect(gained(byRow("ten", null, "ten")).calls).toBe(2);
  });

  it("sends gradients to each adapter's own rows", () => {
    const gain = new OverridableParameter({ path: "norm.weight", tensor: tf.ones([1]) });
    const ten = tf.tidy(() => tf.variable(tf.tensor1d([10])));
    gain.override("ten", ten);
    const sum = () =>
      tf.tidy(() => {
        const call = {
          x: tf.tensor2d([[1], [2], [4]]),
          context: byRow("ten", null, "ten"),
          path: "norm",
          hookPoints: [gain],
        };
        return tf.sum<tf.Scalar>(computeByRows(call, (rows, rowContext) => tf.mul(rows, gain.value(rowContext))));
      });
    const { value, grads } = tf.variableGrads(sum, [ten]);
    expect([...grads[ten.name]!.dataSync()]).toEqual([5]);
    tf.dispose([value, grads]);
    gain.dispose();
    ten.dispose();
  });

  it("leaks nothing, and refuses a selection with another number of rows than the batch", async () => {
    await expectNoLeak(() => gained(byRow("two", null, "ten")));
    expect(() => gained(byRow("two"))).toThrow(expect.objectContaining({ code: "ROW_COUNT_MISMATCH" }));
  });
});
