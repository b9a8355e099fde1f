// Attention that sees nothing: 0, and a gradient of 0, where a softmax over no score at all would be NaN.

import { activeAdapters } from "@lowrank/contracts";
import { attention } from "@lowrank/engine";
import { maskedScore } from "@lowrank/engine/internal";
import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { trainedAdapter } from "./adapters.ts";
import { isAbsent, others, use } from "./engines.ts";
import { gradientsOf } from "./runs.ts";
import { loadBase, numbers } from "./subjects.ts";

const active = { adapters: activeAdapters("default") };
const present = (["cpu", ...others] as const).filter((engine) => !isAbsent(engine));

describe.each(present)("attention that sees nothing, on %s", (engine) => {
  beforeEach(() => use(engine));

  it("has an output and a gradient of 0, and other rows do not change", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 2 }),
        fc.constantFrom(maskedScore, Number.NEGATIVE_INFINITY),
        (hidden, score) =>
          expectNoLeak(() => {
            const mask = Array.from({ length: 9 }, (_, index) => (Math.floor(index / 3) === hidden ? score : 0));
            const { output, gradients } = attend(mask);
            const plain = attend(new Array(9).fill(0));
            for (let row = 0; row < 3; row++) {
              const own = output.subarray(row * 4, row * 4 + 4);
              const query = gradients[0]!.subarray(row * 4, row * 4 + 4);
              if (row === hidden) expect([...own, ...query].every((value) => value === 0)).toBe(true);
              else expectClose(own, plain.output.subarray(row * 4, row * 4 + 4), 1e-6);
            }
            for (const gradient of gradients) expect(gradient.every(Number.isFinite)).toBe(true);
          }),
      ),
      { seed: 20, numRuns: 6 },
    ));

  it("a row of padding only causes no NaN in a model or an adapter's gradient", () =>
    expectNoLeak(async () => {
      const model = await loadBase("llama-gqa");
      const handle = trainedAdapter({ model });
      const { adapters } = active;
      const inputs = () => {
        const inputIds = tf.tensor2d(
          [
            [0, 0, 0, 0],
            [0, 5, 6, 7],
          ],
          undefined,
          "int32",
        );
        return {
          inputIds,
          attentionMask: tf.tensor2d(
            [
              [0, 0, 0, 0],
              [0, 1, 1, 1],
            ],
            undefined,
            "int32",
          ),
        };
      };
      const context = { training: true, adapters, random: { seed: 0, step: 0, microStep: 0 } };
      const logits = numbers(() => model.forward(inputs(), context));
      const labels = () =>
        tf.tensor2d(
          [
            [-100, -100, -100, -100],
            [-100, 5, 6, 7],
          ],
          undefined,
          "int32",
        );
      const gradients = gradientsOf(handle, () =>
        tf.tidy(() => model.loss({ ...inputs(), labels: labels() }, context)),
      );
      expect(logits.every(Number.isFinite)).toBe(true);
      for (const gradient of gradients.values()) expect(gradient.every(Number.isFinite)).toBe(true);
      handle.dispose();
      model.dispose();
    }));
});

/** One head of three queries and keys of size 4, under an additive mask [query, key]. */
function attend(mask: readonly number[]): {
  readonly output: Float32Array;
  readonly gradients: readonly Float32Array[];
} {
  const waves = (phase: number) =>
    tf.tensor4d(
      Array.from({ length: 12 }, (_, i) => Math.sin(i * 1.7 + phase)),
      [1, 1, 3, 4],
    );
  const results = tf.tidy(() => {
    const [query, key, value] = [waves(0), waves(1), waves(2)];
    const compute = (...[q, k, v]: tf.Tensor[]) =>
      attention({ query: q!, key: k!, value: v!, mask: tf.tensor4d([...mask], [1, 1, 3, 3]) });
    const gradients = tf.grads((...inputs: tf.Tensor[]) => tf.sum(tf.square(compute(...inputs))))([query, key, value]);
    return [compute(query, key, value), ...gradients];
  });
  const [output, ...gradients] = results.map((result) => Float32Array.from(result.dataSync()));
  tf.dispose(results);
  return { output: output!, gradients };
}
