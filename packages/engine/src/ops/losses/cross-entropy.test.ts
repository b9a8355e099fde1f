import { expectClose, expectGradients, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectTwin, onEachBackend, waves } from "../../../test/compare-with-twin.ts";
import { drawsOn } from "../../../test/test-engines.ts";
import { ArgumentError } from "../../errors.ts";
import { FrozenWeight } from "../../frozen-weight.ts";
import { matrix } from "../../rows.ts";
import { crossEntropy, type Reduction } from "./cross-entropy.ts";
import { linearCrossEntropy } from "./linear-cross-entropy.ts";

/** With a one-hot matrix, and the ignored rows taken out by weights. */
function plainCrossEntropy(logits: tf.Tensor, labels: tf.Tensor1D, reduction: Reduction): tf.Tensor {
  const classes = logits.shape[1] ?? 1;
  const counted = tf.cast(tf.greaterEqual(labels, 0), "float32");
  const onehot = tf.oneHot(tf.maximum(labels, tf.scalar(0, "int32")), classes);
  const losses = tf.mul(tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), onehot), 1)), counted);
  if (reduction === "none") return losses;
  return reduction === "sum" ? tf.sum(losses) : tf.div(tf.sum(losses), tf.maximum(tf.sum(counted), 1));
}

const classes = 7;
const labelled = fc.array(fc.oneof(fc.constant(-100), fc.integer({ min: 0, max: classes - 1 })), {
  minLength: 1,
  maxLength: 9,
});
const heads = fc.record({
  isTransposed: fc.boolean(),
  hasBias: fc.boolean(),
  isCapped: fc.boolean(),
});
const chunks = fc.integer({ min: 1, max: 10 });
const reductions = fc.constantFrom<Reduction>("mean", "sum", "none");

onEachBackend((engine) => {
  describe("crossEntropy", () => {
    it("equals the formula for any labels, ignored ones included", async () => {
      await fc.assert(
        fc.asyncProperty(labelled, reductions, async (ids, reduction) => {
          const labels = tf.tensor1d(ids, "int32");
          await expectTwin(
            (logits) => crossEntropy(matrix(logits), labels, reduction),
            (logits) => plainCrossEntropy(logits, labels, reduction),
            [waves([ids.length, classes])],
          );
          labels.dispose();
        }),
        { numRuns: drawsOn(engine, 25) },
      );
    });

    it("agrees with finite differences", async () => {
      const labels = tf.tensor1d([3, -100, 0], "int32");
      const logits = waves([3, classes]);
      await expectGradients((...[x]: tf.Tensor[]) => (x ? crossEntropy(matrix(x), labels) : tf.scalar(0)), [logits]);
      tf.dispose([labels, logits]);
    });

    it("is 0 with a gradient of 0 if every row is ignored", async () => {
      const labels = tf.tensor1d([-100, -100], "int32");
      const logits = tf.variable(waves([2, classes]));
      const { value, grads } = tf.variableGrads(
        () => tf.reshape<tf.Rank.R0>(crossEntropy(matrix(logits), labels), []),
        [logits],
      );
      expectClose(await value.data(), [0], 0);
      expectClose((await grads[logits.name]?.data()) ?? [], new Float32Array(2 * classes), 0);
      tf.dispose([labels, logits, value, grads]);
    });

    it("stays finite for huge logits", async () => {
      const labels = tf.tensor1d([0], "int32");
      const logits = tf.tensor2d([[-1e4, 1e4]]);
      const loss = crossEntropy(logits, labels);
      expectClose(await loss.data(), [2e4], 1e-2);
      tf.dispose([labels, logits, loss]);
    });

    it("names labels that do not fit", () => {
      expect(() => crossEntropy(tf.ones([2, 3]), tf.tensor1d([1], "int32"))).toThrow(
        expect.objectContaining({ code: "SHAPE_MISMATCH" }),
      );
    });
  });

  describe("linearCrossEntropy", () => {
    it("equals the loss of whole logits, whatever the chunks", async () => {
      await fc.assert(
        fc.asyncProperty(labelled, chunks, reductions, heads, async (ids, chunkRows, reduction, kind) => {
          const labels = tf.tensor1d(ids, "int32");
          const plain = matrix(waves([5, classes], 3));
          const bias = waves([classes], 4);
          const head = kind.isTransposed
            ? FrozenWeight.fromTransposed(matrix(tf.transpose(plain)))
            : FrozenWeight.from(tf.clone(plain));
          const cap = 0.7; // of logits up to about 2
          const options = {
            chunkRows,
            ...(kind.hasBias ? { bias } : {}),
            ...(kind.isCapped ? { cap } : {}),
          } as const;
          await expectTwin(
            (hidden) =>
              reduction === "none"
                ? linearCrossEntropy(matrix(hidden), head, labels, { ...options, reduction })
                : linearCrossEntropy(matrix(hidden), head, labels, { ...options, reduction }),
            (hidden) => {
              const product = tf.matMul(hidden, plain);
              const logits = kind.hasBias ? tf.add(product, bias) : product;
              const bounded = kind.isCapped ? tf.mul(tf.tanh(tf.div(logits, cap)), cap) : logits;
              return plainCrossEntropy(bounded, labels, reduction);
            },
            [waves([ids.length, 5])],
          );
          head.dispose();
          tf.dispose([labels, plain, bias]);
        }),
        { numRuns: drawsOn(engine, 25) },
      );
    });

    // The native engine takes the first few hundred classes for a measure of all, WebGPU 16 384 at a time.
    it.each([
      ["of one size", 1],
      ["of which late ones exceed early ones by hundreds", 150],
    ])("equals the loss of whole logits over many rows and classes %s", async (_, factor) => {
      const [rows, many] = engine === "cpu" ? [30, 500] : engine === "webgpu" ? [70, 20_000] : [300, 2000];
      const labels = tf.tensor1d(
        Array.from({ length: rows }, (_, row) => (row % 7 === 0 ? -100 : (row * 37) % many)),
        "int32",
      );
      const table = tf.tidy(() =>
        matrix(tf.mul(waves([many, 3]), tf.reshape(tf.linspace(1, factor, many), [many, 1]))),
      );
      const head = FrozenWeight.fromTransposed(tf.clone(table));
      await expectTwin(
        (hidden) => linearCrossEntropy(matrix(hidden), head, labels),
        (hidden) => plainCrossEntropy(tf.matMul(hidden, table, false, true), labels, "mean"),
        [waves([rows, 3])],
      );
      head.dispose();
      tf.dispose([labels, table]);
    });

    it("has finite gradients if one late class exceeds all others by far", async () => {
      const many = 2 ** 18 + 1;
      const table = tf.tidy(() => matrix(tf.concat([tf.zeros([many - 1, 1]), tf.fill([1, 1], 87)])));
      const head = FrozenWeight.fromTransposed(table);
      const labels = tf.tensor1d([0], "int32");
      const gradient = tf.tidy(() =>
        tf.grad((hidden: tf.Tensor) => linearCrossEntropy(matrix(hidden), head, labels))(tf.ones([1, 1])),
      );
      expectClose(await gradient.data(), [87], 1e-3);
      head.dispose();
      tf.dispose([labels, gradient]);
    });

    it("gives the same loss without a tape, keeping no gradient", async () => {
      const head = FrozenWeight.from(matrix(waves([5, classes], 3)));
      const labels = tf.tensor1d([1, 2, 3], "int32");
      const hidden = tf.variable(waves([3, 5]));
      const compute = () => linearCrossEntropy(matrix(hidden), head, labels);
      const alone = compute();
      const { value, grads } = tf.variableGrads(compute, [hidden]);
      expectClose(await alone.data(), await value.data(), 0);
      tf.dispose([alone, value, grads]);
      await expectNoLeak(() => compute().dispose());
      await expectNoLeak(() => tf.dispose(tf.variableGrads(compute, [hidden])));
      head.dispose();
      tf.dispose([labels, hidden]);
    });

    it("is 0 without rows", async () => {
      const head = FrozenWeight.from(matrix(waves([5, classes])));
      const loss = tf.tidy(() => linearCrossEntropy(tf.zeros([0, 5]), head, tf.tensor1d([], "int32")));
      expectClose(await loss.data(), [0], 0);
      head.dispose();
      loss.dispose();
    });

    it("refuses chunks of no rows, and a bound of nothing", () => {
      const head = FrozenWeight.from(matrix(waves([5, classes])));
      const labels = tf.tensor1d([0], "int32");
      expect(() => linearCrossEntropy(tf.ones([1, 5]), head, labels, { chunkRows: 0 })).toThrow(ArgumentError);
      expect(() => linearCrossEntropy(tf.ones([1, 5]), head, labels, { cap: 0 })).toThrow(/cap.*positive/);
      head.dispose();
    });
  });
});
