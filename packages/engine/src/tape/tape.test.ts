import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { expectTwin, onEachBackend, waves } from "../../test/compare-with-twin.ts";
import { addLowRank } from "../ops/add-low-rank.ts";
import { dropout } from "../ops/dropout.ts";
import { matrix } from "../rows.ts";
import { recompute } from "./recompute.ts";
import { withNestedTape, withoutTape } from "./without-tape.ts";

onEachBackend(() => {
  describe("withoutTape", () => {
    it("makes its result a constant to differentiation around it", async () => {
      const x = tf.tensor1d([2, 3]);
      const gradient = tf.tidy(() =>
        tf.grad((input: tf.Tensor) =>
          tf.mul(
            withoutTape(() => tf.square(input)),
            input,
          ),
        )(x),
      );
      expectClose(await gradient.data(), [4, 9], 1e-6); // x² counts as a number: not 3x²
      tf.dispose([x, gradient]);
    });

    it("saves nothing", () => {
      const variable = tf.variable(waves([50]));
      let kept = -1;
      const compute = () => {
        const before = tf.memory().numBytes;
        const frozen = withoutTape(() => tf.tidy(() => tf.exp(tf.sin(tf.exp(variable)))));
        kept = tf.memory().numBytes - before - frozen.size * 4;
        return tf.sum(tf.mul(frozen, variable));
      };
      tf.dispose(tf.variableGrads(() => tf.reshape<tf.Rank.R0>(compute(), []), [variable]));
      expect(kept).toBe(0);
      variable.dispose();
    });

    it("lets a gradient be taken inside, and puts the tape back even after an error", async () => {
      const x = tf.tensor1d([2]);
      const gradient = tf.tidy(() =>
        tf.grad((input: tf.Tensor) => {
          const grad = withoutTape(() => tf.grad((inner: tf.Tensor) => tf.square(inner))(input)); // 2x, a constant
          expect(() =>
            withoutTape(() => {
              throw new Error("inside");
            }),
          ).toThrow("inside");
          return tf.mul(grad, input);
        })(x),
      );
      expectClose(await gradient.data(), [4], 1e-6);
      tf.dispose([x, gradient]);
    });
  });

  describe("withNestedTape", () => {
    it("lets a gradient be taken in a backward pass", async () => {
      const x = tf.tensor1d([3]);
      const cube = tf.customGrad((input) => {
        if (!(input instanceof tf.Tensor)) throw new Error("no input");
        const gradFunc = (dy: tf.Tensor) =>
          withNestedTape(() => tf.grad((inner: tf.Tensor) => tf.pow(inner, 3))(input, dy));
        return { value: tf.pow(input, 3), gradFunc };
      });
      const gradient = tf.tidy(() => tf.grad((input: tf.Tensor) => tf.square(cube(input)))(x));
      expectClose(await gradient.data(), [6 * 3 ** 5], 1e-2);
      tf.dispose([x, gradient]);
    });
  });

  describe("recompute", () => {
    it("has the value and gradients of the block itself, for inputs and variables", async () => {
      const block = (x: tf.Tensor, a: tf.Tensor, b: tf.Tensor) =>
        tf.tanh(addLowRank(tf.sin(x), x, matrix(a), matrix(b), 2));
      await expectTwin(
        (x, a, b) =>
          recompute({
            compute: (...[input, first, second]) => (input && first && second ? block(input, first, second) : x),
            inputs: [x, a, b],
            variables: [],
          }),
        block,
        [waves([4, 6]), waves([6, 2], 2), waves([2, 6], 3)],
      );
    });

    it("reaches variables that the block reads by itself, through two blocks in a row", async () => {
      const variable = tf.variable(waves([5]));
      const unused = tf.variable(waves([2]));
      const key = { seed: 1, path: "block" };
      const block = (x: tf.Tensor) => tf.mul(tf.exp(dropout(x, 0.3, key)), variable);
      const inBlocks = (x: tf.Tensor) =>
        recompute({ compute: (...[input]) => block(input ?? x), inputs: [x], variables: [variable, unused] });
      const x = waves([5], 2);
      const gradientsOf = (f: (input: tf.Tensor) => tf.Tensor) =>
        tf.variableGrads(() => tf.reshape<tf.Rank.R0>(tf.sum(f(f(x))), []), [variable]);
      const expected = gradientsOf(block);
      const actual = gradientsOf(inBlocks);
      expectClose(await actual.value.data(), await expected.value.data(), 1e-6);
      expectClose(
        (await actual.grads[variable.name]?.data()) ?? [],
        (await expected.grads[variable.name]?.data()) ?? [0],
        1e-5,
      );
      await expectNoLeak(() => {
        const { value, grads } = gradientsOf(inBlocks);
        tf.dispose([value, grads]);
      });
      tf.dispose([variable, unused, x, expected.value, expected.grads, actual.value, actual.grads]);
    });

    it("passes constants to both runs and computes no gradient for them", async () => {
      const variable = tf.variable(waves([4]));
      const fixed = waves([4], 2);
      const gradientsOf = (f: (constant: tf.Tensor) => tf.Tensor) =>
        tf.variableGrads(() => tf.reshape<tf.Rank.R0>(tf.sum(f(fixed)), []), [variable]);
      const block = (constant: tf.Tensor) => tf.exp(tf.mul(variable, constant));
      const expected = gradientsOf(block);
      const actual = gradientsOf((constant) => {
        const borrowed = tf.clone(constant); // gone when backward begins
        const y = recompute({
          compute: (...[given]) => block(given ?? borrowed),
          inputs: [],
          constants: [borrowed],
          variables: [variable],
        });
        borrowed.dispose();
        return y;
      });
      const numbers = async ({ grads }: typeof actual) => (await grads[variable.name]?.data()) ?? [];
      expectClose(await numbers(actual), await numbers(expected), 1e-6);
      tf.dispose([variable, fixed, expected.value, expected.grads, actual.value, actual.grads]);
    });

    it("keeps only its inputs between forward and backward", () => {
      const variable = tf.variable(waves([1000]));
      const inside = (x: tf.Tensor) => tf.exp(tf.sin(tf.exp(tf.sin(tf.mul(x, variable)))));
      const bytesKept = (f: (x: tf.Tensor) => tf.Tensor) => {
        let kept = 0;
        const compute = () => {
          const x = tf.ones([1000]);
          const before = tf.memory().numBytes;
          const y = tf.tidy(() => f(x));
          kept = tf.memory().numBytes - before;
          return tf.reshape<tf.Rank.R0>(tf.sum(y), []);
        };
        tf.dispose(tf.variableGrads(compute, [variable]));
        return kept;
      };
      const plain = bytesKept(inside);
      const blocks = bytesKept((x) =>
        recompute({ compute: (...[input]) => inside(input ?? x), inputs: [x], variables: [variable] }),
      );
      expect(blocks).toBeLessThanOrEqual(8000); // the output, and the input's second handle
      expect(plain).toBeGreaterThan(blocks);
      variable.dispose();
    });
  });
});
