import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { onEachBackend, waves } from "../../test/compare-with-twin.ts";
import { addLowRank } from "../ops/add-low-rank.ts";
import { layerNorm } from "../ops/layer-norm.ts";
import { rmsNorm } from "../ops/rms-norm.ts";
import { swiglu } from "../ops/silu.ts";
import { differentiate } from "./differentiate.ts";

const [rows, features, rank] = [40, 24, 2] as const;

/** The number of arrays that a computation keeps in memory for the tape, including its value. */
function keptBy(compute: () => tf.Tensor, targets: readonly tf.Tensor[]): number {
  let kept = -1;
  const { value, gradients } = differentiate(() => {
    const before = tf.memory().numDataBuffers;
    const value = tf.tidy(compute);
    kept = tf.memory().numDataBuffers - before;
    return value;
  }, targets);
  tf.dispose([value, gradients.filter((gradient) => gradient !== undefined)]);
  return kept;
}

/** Three branches of one x, as queries, keys and values have them. */
function threeBranches(x: tf.Tensor, pairs: readonly tf.Tensor[]): tf.Tensor {
  const [a, b] = pairs as [tf.Tensor2D, tf.Tensor2D];
  const branches = [1, 2, 3].map((scale) => addLowRank(tf.zeros([rows, features]), x, a, b, scale));
  return tf.addN(branches.map((branch, index) => tf.mul(tf.square(branch), index + 1)));
}

onEachBackend(() => {
  const operations: readonly [string, (x: tf.Tensor, y: tf.Tensor, vector: tf.Tensor) => tf.Tensor][] = [
    ["an RMS norm", (x, _, gain) => rmsNorm(x, gain, 1e-5)],
    ["a layer norm", (x, _, gain) => layerNorm(x, gain, gain, 1e-5)],
    ["a gate", (gate, up) => swiglu(gate, up)],
  ];

  describe.each(operations)("the output of %s", (_, operation) => {
    const inputs = () => [waves([rows, features]), waves([rows, features], 2), waves([features], 3)] as const;
    const pairs = () => [waves([features, rank], 4), waves([rank, features], 5)] as const;

    it("is not kept for a branch of it", () => {
      const [x, y, vector] = inputs();
      const [a, b] = pairs();
      const output = tf.zeros([rows, features]);
      const alone = keptBy(() => operation(x, y, vector), [x]);
      const branched = () => addLowRank(output, operation(x, y, vector), a as tf.Tensor2D, b as tf.Tensor2D, 2);
      expect(keptBy(branched, [x, a])).toBe(alone);
      tf.dispose([x, y, vector, a, b, output]);
    });

    it("has the same gradients as if it were kept, to the bit", async () => {
      const all = [...inputs(), ...pairs()] as const;
      const [x, y, vector, ...own] = all;
      const again = differentiate(() => threeBranches(operation(x, y, vector), own), all);
      // The clone does not know how its original was made.
      const kept = differentiate(() => threeBranches(tf.clone(operation(x, y, vector)), own), all);
      for (const [index, gradient] of again.gradients.entries())
        expectClose((await gradient?.data()) ?? [], (await kept.gradients[index]?.data()) ?? [], 0);
      for (const { value, gradients } of [again, kept])
        tf.dispose([value, ...gradients.filter((gradient) => gradient !== undefined)]);
      tf.dispose([...all]);
    });

    it("leaves nothing behind, on TensorFlow.js's own walk as well", async () => {
      await expectNoLeak(() => {
        const [x, y, vector, ...own] = [...inputs(), ...pairs()] as const;
        const compute = () => threeBranches(operation(x, y, vector), own);
        const { value, gradients } = differentiate(compute, [x]);
        const walked = tf.tidy(() => tf.grad(() => compute())(x));
        tf.dispose([value, gradients[0] as tf.Tensor, walked, x, y, vector, ...own]);
      });
    });
  });
});
