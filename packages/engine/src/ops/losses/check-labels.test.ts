// A label that is no class is refused by name; if checking it would stop a GPU, it makes NaN.

import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { onEachBackend, waves } from "../../../test/compare-with-twin.ts";
import { isGraphics } from "../../../test/test-engines.ts";
import { ArgumentError } from "../../errors.ts";
import { FrozenWeight } from "../../frozen-weight.ts";
import { matrix } from "../../rows.ts";
import { LabelError } from "./check-labels.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { linearCrossEntropy } from "./linear-cross-entropy.ts";

const [rows, features, classes] = [3, 5, 4];

type Loss = (labels: tf.Tensor1D) => tf.Tensor;

const losses: Readonly<Record<string, Loss>> = {
  crossEntropy: (labels) => crossEntropy(matrix(waves([rows, classes])), labels),
  "linearCrossEntropy with a head [classes, features]": (labels) => {
    const head = FrozenWeight.fromTransposed(matrix(waves([classes, features], 3)));
    return linearCrossEntropy(matrix(waves([rows, features])), head, labels);
  },
  "linearCrossEntropy with a head [features, classes]": (labels) => {
    const head = FrozenWeight.from(matrix(waves([features, classes], 3)));
    return linearCrossEntropy(matrix(waves([rows, features])), head, labels, { chunkRows: 2 });
  },
};

function computed(loss: Loss, labels: readonly number[]): number | undefined {
  return tf.tidy(() => loss(tf.tensor1d([...labels], "int32")).dataSync()[0]) as unknown as number | undefined;
}

onEachBackend((engine) => {
  describe.each(Object.entries(losses))("%s", (_, loss) => {
    // The first of these would be the next row's logit, the last is beyond all memory.
    it.each([classes, 9, 2_000_000_000])("does not take the label %d for a class", async (label) => {
      if (isGraphics(engine)) {
        const value = tf.tidy(() => loss(tf.tensor1d([-100, label, 1], "int32")));
        expect((await value.data())[0]).toBeNaN();
        return;
      }
      const attempt = () => computed(loss, [-100, label, label]);
      expect(attempt).toThrow(LabelError);
      expect(attempt).toThrow(ArgumentError);
      expect(attempt).toThrow(`labels[1] = ${label} but needs a class from 0 to 3`);
      try {
        attempt();
      } catch (error) {
        expect(error).toMatchObject({ row: 1, label, classes, count: 2 });
      }
    });

    it("accepts the last class, and ignores any negative label", async () => {
      const values = tf.tidy(() => [
        loss(tf.tensor1d([3, -100, -100], "int32")),
        loss(tf.tensor1d([3, -1, -2_000_000_000], "int32")),
      ]);
      const [first, second] = await Promise.all(values.map(async (value) => [...(await value.data())]));
      expect(first?.every(Number.isFinite)).toBe(true);
      expect(second).toEqual(first);
      tf.dispose(values);
    });
  });

  it("makes no one-hot matrix for the gradient", async () => {
    const labels = tf.tensor1d([1, 3, -100], "int32");
    const logits = waves([rows, classes]);
    const { kernelNames } = await tf.profile(() => tf.grad((x) => crossEntropy(matrix(x), labels))(logits));
    expect(kernelNames).toContain("Softmax");
    expect(kernelNames).not.toContain("OneHot");
    tf.dispose([labels, logits]);
  });
});
