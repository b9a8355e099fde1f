import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it, vi } from "vitest";
import { onEachBackend, waves } from "../../../test/compare-with-twin.ts";
import { packedMatrices } from "../../../test/packed-matrices.ts";
import type { NativeBackend } from "../../engines/native/native-backend.ts";
import { FrozenWeight } from "../../frozen-weight.ts";
import { int8Problem } from "../../packed/int8-weights.ts";
import { packInt8 } from "../../packed/pack-int8.ts";
import { matrix } from "../../rows.ts";
import { linearCrossEntropy } from "./linear-cross-entropy.ts";

const [rows, features, classes] = [5, 40, 2500];
const ids = [3, -100, 2499, 1024, 1023];

/** A head whose logits may be rounded, and the same as a tensor; packed if a kind is given in place of numbers. */
function makeHead(from: tf.Tensor | keyof typeof packedMatrices = waves([classes, features], 3)) {
  const given = typeof from === "string" ? packedMatrices[from](classes, features) : matrix(tf.clone(from));
  const head = FrozenWeight.fromTransposed(given);
  head.roundLogits();
  const table = matrix(tf.tidy(() => tf.transpose(head.read())));
  if (typeof from !== "string") from.dispose();
  return { table, head };
}

/** hidden·tableᵀ in 8 bits where the engine has such products. */
function logitsOf(hidden: tf.Tensor2D, table: tf.Tensor2D): tf.Tensor2D {
  const shape = { rows: classes, columns: features, layout: "out-in" } as const;
  const packed = int8Problem() === undefined ? packInt8(table.dataSync<"float32">(), shape) : undefined;
  if (packed === undefined) return tf.matMul(hidden, table, false, true);
  const weight = FrozenWeight.fromInt8(packed);
  const product = weight.multiply(hidden);
  weight.dispose();
  return product;
}

onEachBackend((engine) => {
  describe("linearCrossEntropy with a head whose logits may be rounded", () => {
    it.each([
      ["without a bias", 1, false, undefined],
      ["with a bias and logits of hundreds", 200, true, undefined],
      ["of a head in 16 bits", 1, false, "bf16"],
      ["of a head in blocks of 4 bits", 20, true, "4 bits"],
    ] as const)(
      "takes softmax from logits in 8 bits, with a gradient near that of a product in float32, %s",
      async (_, size, hasBias, kind) => {
        const { table, head } = makeHead(kind);
        const labels = tf.tensor1d(ids, "int32");
        const hidden = tf.variable(tf.tidy(() => tf.mul(waves([rows, features], 1), size)));
        const bias = waves([classes], 4);
        const { value, grads } = tf.variableGrads(
          () => linearCrossEntropy(matrix(hidden), head, labels, hasBias ? { bias } : {}),
          [hidden],
        );
        const expected = tf.tidy(() => {
          const product = logitsOf(matrix(hidden), table);
          const logits = hasBias ? tf.add(product, bias) : product;
          const counted = tf.div(tf.cast(tf.greaterEqual(labels, 0), "float32"), 4); // rows with a label
          const isLabel = tf.oneHot(tf.maximum(labels, tf.scalar(0, "int32")), classes);
          const likelihoods = tf.logSoftmax(logits);
          const grad = tf.mul(tf.sub(tf.softmax(logits), isLabel), tf.expandDims(counted, 1));
          return {
            loss: tf.neg(tf.sum(tf.mul(tf.sum(tf.mul(likelihoods, isLabel), 1), counted))),
            gradient: tf.matMul(grad, table),
          };
        });
        expectClose(await value.data(), await expected.loss.data(), 1e-4);
        const [got, wanted] = [await (grads[hidden.name] ?? value).data(), await expected.gradient.data()];
        const isExact = int8Problem() !== undefined;
        expectClose(got, wanted, isExact ? 1e-4 : 0.01 * Math.max(...wanted.map(Math.abs)));
        head.dispose();
        tf.dispose([table, labels, hidden, bias, value, grads, expected]);
      },
    );

    it.each([
      ["0.999 of the label", 1000, 7],
      ["0.5 of another class", 1, 9],
    ])("keeps small probabilities next to %s", async (_, odds, label) => {
      // Class 7 has `odds` times the probability of all others. These share the rest: all of them round to 0 next to it.
      const values = waves([classes, features], 3)
        .dataSync<"float32">()
        .map((value) => value / 20);
      for (let index = 1; index < values.length; index += features) values[index] = 0.5; // so that their sum counts
      values.fill(0, 7 * features, 8 * features);
      values[7 * features] = 1;
      const hiddenValues = new Float32Array(rows * features);
      for (let row = 0; row < rows; row++) hiddenValues[row * features] = Math.log(odds * classes);
      const { table, head } = makeHead(tf.tensor2d(values, [classes, features]));
      const labels = tf.fill([rows], label, "int32") as tf.Tensor1D;
      const hidden = tf.variable(tf.tensor2d(hiddenValues, [rows, features]));
      const { value, grads } = tf.variableGrads(() => linearCrossEntropy(matrix(hidden), head, labels), [hidden]);
      const expected = tf.tidy(() => {
        const wrong = tf.sub(tf.softmax(logitsOf(matrix(hidden), table)), tf.oneHot(labels, classes));
        return tf.div(tf.matMul(matrix(wrong), table), rows);
      });
      const wanted = await expected.data();
      expectClose(await (grads[hidden.name] ?? value).data(), wanted, 0.02 * Math.max(...wanted.map(Math.abs)));
      head.dispose();
      tf.dispose([table, labels, hidden, value, grads, expected]);
    });

    it("computes rows of zeros, whose logits are all equal", async () => {
      const { table, head } = makeHead();
      const labels = tf.tensor1d(ids, "int32");
      const hidden = tf.variable(tf.zeros([rows, features]));
      const { value, grads } = tf.variableGrads(() => linearCrossEntropy(matrix(hidden), head, labels), [hidden]);
      const expected = tf.tidy(() => {
        const mean = tf.mean(table, 0, true);
        const isCounted = tf.cast(tf.greaterEqual(labels, 0), "float32");
        const ofLabels = tf.gather(table, tf.maximum(labels, tf.scalar(0, "int32")));
        return tf.mul(tf.sub(mean, ofLabels), tf.expandDims(tf.div(isCounted, 4), 1));
      });
      expectClose(await value.data(), [Math.log(classes)], 1e-4);
      expectClose(await (grads[hidden.name] ?? value).data(), await expected.data(), 1e-3);
      head.dispose();
      tf.dispose([table, labels, hidden, value, grads, expected]);
    });

    it("counts the copy in 8 bits if there is one", () => {
      const { table, head } = makeHead();
      const copy = int8Problem() === undefined ? classes * (2 * features + 4) : 0;
      expect(head.bytes).toBe(4 * classes * features + copy);
      head.dispose();
      expect(head.bytes).toBe(0);
      table.dispose();
    });

    it("looks at a loss in float32", async () => {
      const { table, head } = makeHead();
      const exact = FrozenWeight.fromTransposed(table);
      const labels = tf.tensor1d(ids, "int32");
      const hidden = matrix(waves([rows, features], 1));
      const [got, expected] = [head, exact].map((each) => linearCrossEntropy(hidden, each, labels));
      expectClose(await got!.data(), await expected!.data(), 0);
      head.dispose();
      exact.dispose();
      tf.dispose([labels, hidden, got!, expected!]);
    });

    it.each([Number.NaN, Number.POSITIVE_INFINITY])("is NaN for hidden states with %f", async (bad) => {
      const { table, head } = makeHead();
      const labels = tf.tensor1d(ids, "int32");
      const values = Float32Array.from(waves([rows, features], 1).dataSync());
      values[7] = bad;
      const hidden = tf.variable(tf.tensor2d(values, [rows, features]));
      const { value, grads } = tf.variableGrads(() => linearCrossEntropy(matrix(hidden), head, labels), [hidden]);
      expect((await value.data())[0]).toBeNaN();
      head.dispose();
      tf.dispose([table, labels, hidden, value, grads]);
    });

    it("stays in float32 for a head with a number that is not finite", async () => {
      const values = Float32Array.from(waves([classes, features], 3).dataSync());
      values[0] = Number.NEGATIVE_INFINITY; // a class that hidden states of ones never choose
      const { table, head } = makeHead(tf.tensor2d(values, [classes, features]));
      const exact = FrozenWeight.fromTransposed(table);
      const labels = tf.tensor1d(
        ids.map((id) => (id === 3 ? 4 : id)),
        "int32",
      );
      const hidden = tf.variable(tf.ones([rows, features]));
      const [got, expected] = [head, exact].map((each) =>
        tf.variableGrads(() => linearCrossEntropy(matrix(hidden), each, labels), [hidden]),
      );
      expectClose(await got!.value.data(), await expected!.value.data(), 0);
      head.dispose();
      exact.dispose();
      for (const { value, grads } of [got!, expected!]) tf.dispose([value, grads]);
      tf.dispose([labels, hidden]);
    });

    it.each([undefined, "bf16"] as const)(
      "leaves no tensor, and on the native engine no packed copy once the head is gone (%s)",
      async (kind) => {
        const { table, head } = makeHead(kind);
        const labels = tf.tensor1d(ids, "int32");
        const hidden = tf.variable(waves([rows, features], 1));
        const compute = () => tf.variableGrads(() => linearCrossEntropy(matrix(hidden), head, labels), [hidden]);
        await expectNoLeak(() => tf.dispose(compute()));
        table.dispose();
        const isFast = engine === "native" && int8Problem() === undefined;
        const release = isFast ? vi.spyOn((tf.backend() as NativeBackend).runtime, "releaseSession") : undefined;
        head.dispose();
        if (release !== undefined) expect(release).toHaveBeenCalledTimes(6); // three tiles of up to 1024 classes, in two directions
        release?.mockRestore();
        tf.dispose([labels, hidden]);
      },
    );
  });
});
