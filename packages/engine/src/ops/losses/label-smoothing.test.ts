import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import references from "../../../../../fixtures/training/references.json" with { type: "json" };
import { onEachBackend } from "../../../test/compare-with-twin.ts";
import { FrozenWeight } from "../../frozen-weight.ts";
import { differentiate } from "../../tape/differentiate.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { labelMargin, linearLabelMargin } from "./label-smoothing.ts";
import { linearCrossEntropy } from "./linear-cross-entropy.ts";

interface Reference {
  readonly epsilon: number;
  readonly logits: number[][];
  readonly labels: number[];
  readonly loss: number;
  readonly gradient: number[][];
}

const { epsilon, logits, labels, loss, gradient }: Reference = references.smoothing;
const counted = labels.filter((label) => label >= 0).length;

onEachBackend(() => {
  describe("label smoothing", () => {
    /** Loss and its gradient for what was given, as means. */
    function measured(
      x: tf.Tensor2D,
      sums: (x: tf.Tensor2D) => readonly [loss: tf.Tensor, margin: tf.Tensor],
    ): tf.Tensor[] {
      const mean = () => {
        const [loss, margin] = sums(x);
        return tf.div<tf.Scalar>(tf.add(loss, tf.mul(margin, epsilon)), counted);
      };
      const { value, gradients } = differentiate(mean, [x]);
      return [value, gradients[0] as tf.Tensor]; // one input
    }

    async function valuesOf(tensors: readonly tf.Tensor[]): Promise<readonly ArrayLike<number>[]> {
      const values = await Promise.all(tensors.map((tensor) => tensor.data()));
      tf.dispose([...tensors]);
      return values;
    }

    it("of logits has the loss and the gradient of transformers' LabelSmoother", async () => {
      const smoothed = () =>
        tf.tidy(() => {
          const ids = tf.tensor1d(labels, "int32");
          return measured(tf.tensor2d(logits), (x) => [crossEntropy(x, ids, "sum"), labelMargin(x, ids)]);
        });
      const [value = [], grad = []] = await valuesOf(smoothed());
      expectClose(value, [loss], 1e-5);
      expectClose(grad, gradient.flat(), 1e-5);
      await expectNoLeak(() => tf.dispose(smoothed()));
    });

    it.each([false, true])("of a head (with a bias: %s) has the same without its logits", async (hasBias) => {
      const { whole, linear } = tf.tidy(() => {
        const ids = tf.tensor1d(labels, "int32");
        const classes = logits[0]?.length ?? 0;
        const bias = hasBias ? tf.tensor1d(Array.from({ length: classes }, (_, index) => index / 3)) : undefined;
        const table = tf.sin(tf.reshape<tf.Rank.R2>(tf.range(0, classes * 5), [classes, 5]));
        const hidden = tf.cos(
          tf.reshape<tf.Rank.R2>(tf.range(0, labels.length * 5), [labels.length, 5]),
        ) as tf.Tensor2D;
        const head = FrozenWeight.fromTransposed(tf.clone(table) as tf.Tensor2D);
        const whole = measured(hidden, (x) => {
          const product = tf.matMul<tf.Tensor2D>(x, table as tf.Tensor2D, false, true);
          const all = bias === undefined ? product : tf.add<tf.Tensor2D>(product, bias);
          return [crossEntropy(all, ids, "sum"), labelMargin(all, ids)];
        });
        const options = { reduction: "sum", ...(bias === undefined ? {} : { bias }) } as const;
        const linear = measured(hidden, (x) => [
          linearCrossEntropy(x, head, ids, options),
          linearLabelMargin(x, head, ids, bias),
        ]);
        head.dispose();
        return { whole, linear };
      });
      const expected = await valuesOf(whole);
      for (const [part, values] of (await valuesOf(linear)).entries()) expectClose(values, expected[part] ?? [], 1e-5);
    });

    it("of rows that do not count is nothing", async () => {
      const [margin = []] = await valuesOf([
        tf.tidy(() => labelMargin(tf.tensor2d([[1, 2]]), tf.tensor1d([-100], "int32"))),
      ]);
      expect(margin[0]).toBeCloseTo(0, 12);
    });
  });
});
