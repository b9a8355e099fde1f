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
      "takes softmax from logits in 8 bits and multiplies it with the head in float32, %s",
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
        expectClose(await (grads[hidden.name] ?? value).data(), await expected.gradient.data(), 1e-4);
        head.dispose();
        tf.dispose([table, labels, hidden, bias, value, grads, expected]);
      },
    );

    it("counts the copy in 8 bits where one is made", () => {
      const { table, head } = makeHead();
      const copy = int8Problem() === undefined ? classes * (features + 4) : 0;
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

    it.each([Number.NaN, Number.POSITIVE_INFINITY])("comes out as no number for hidden states with %f", async (bad) => {
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
        if (release !== undefined) expect(release).toHaveBeenCalledTimes(3); // tiles of 1024 classes
        release?.mockRestore();
        tf.dispose([labels, hidden]);
      },
    );
  });
});
