// Products with branches where a layer has them: after a norm, after a gate, and in front of a residual sum. A backend may compute
// these together.

import { expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { expectTwin, onEachBackend, waves } from "../../test/compare-with-twin.ts";
import { packedMatrices } from "../../test/packed-matrices.ts";
import { expectTwoLosses } from "../../test/two-losses.ts";
import { FrozenWeight } from "../frozen-weight.ts";
import { matrix } from "../rows.ts";
import { differentiate } from "../tape/differentiate.ts";
import { adaptedLinears } from "./adapted-linear.ts";
import { addLowRank } from "./add-low-rank.ts";
import { addResidual } from "./add-residual.ts";
import { frozenLinear } from "./frozen-linear.ts";
import { rmsNorm } from "./rms-norm.ts";
import { swiglu } from "./silu.ts";

interface Product {
  readonly frozen: tf.Tensor;
  readonly weight: FrozenWeight;
  readonly a: tf.Tensor;
  readonly b: tf.Tensor;
  readonly bias?: tf.Tensor | undefined;
  readonly scale: number;
}

/** All products of one x: as they are, or by plain operations. */
type Multiply = (x: tf.Tensor, products: readonly Product[]) => readonly tf.Tensor[];

const together: Multiply = (x, products) =>
  adaptedLinears(x, products) ??
  products.map(({ weight, a, b, bias, scale }) => {
    return addLowRank(frozenLinear(x, weight, bias), x, matrix(a), matrix(b), scale);
  });

const plain: Multiply = (x, products) =>
  products.map(({ frozen, a, b, bias = tf.scalar(0), scale }) =>
    tf.add(tf.add(tf.matMul(x, frozen), tf.mul(tf.matMul(tf.matMul(x, a), b), scale)), bias),
  );

type Kind = keyof typeof packedMatrices;

/**
 * Inputs of a gated layer: x, a gain, and for each of four products A, B and bias. Packed weights, of `kinds` in turn and in both
 * layouts, have no bias, so that a dispatch has room for two of them.
 */
function layer(
  rows: number,
  [outside, inside]: readonly [number, number],
  { rank, kinds = [] }: { readonly rank: number; readonly kinds?: readonly Kind[] },
) {
  const sizes = [[outside, inside], [outside, inside], [outside, outside], [inside, outside]] as const; // biome-ignore format: a table
  const weights = sizes.map(([inFeatures, outFeatures], index) => {
    const kind = kinds[index % kinds.length];
    if (kind === undefined) return FrozenWeight.from(matrix(waves([inFeatures, outFeatures], index + 11)));
    if (index % 2 === 0) return FrozenWeight.from(packedMatrices[kind](inFeatures, outFeatures));
    return FrozenWeight.fromTransposed(packedMatrices[kind](outFeatures, inFeatures));
  });
  const frozen = weights.map((weight) => weight.read());
  const trainedCount = kinds.length === 0 ? 3 : 2;
  const inputs = [
    ...[waves([rows, outside]), waves([outside], 2)],
    ...sizes.flatMap(([inFeatures, outFeatures], index) => {
      const shapes = [[inFeatures, rank], [rank, outFeatures], [outFeatures]].slice(0, trainedCount);
      return shapes.map((size, kind) => waves(size, 3 * index + kind + 3));
    }),
  ];
  const productsOf = (trained: readonly tf.Tensor[]) =>
    frozen.map((frozen, index) => {
      const ofProduct = trained.slice(trainedCount * index, trainedCount * (index + 1));
      const [a, b, bias] = ofProduct as [tf.Tensor, tf.Tensor, tf.Tensor | undefined];
      return { frozen, weight: weights[index] as FrozenWeight, a, b, bias, scale: 0.5 + index };
    });
  /** x + third(norm(x)) + down(swiglu(gate(norm(x)), up(norm(x)))) */
  const compute = ([x, gain, ...trained]: readonly tf.Tensor[], multiply: Multiply, norm: typeof rmsNorm) => {
    const [input, products] = [x as tf.Tensor, productsOf(trained)];
    const [gate, up, third] = multiply(norm(input, gain as tf.Tensor, 1e-5), products.slice(0, 3)) as tf.Tensor[];
    const gated = swiglu(gate as tf.Tensor, up as tf.Tensor);
    return addResidual(addResidual(input, third as tf.Tensor), multiply(gated, products.slice(3))[0] as tf.Tensor);
  };
  const dispose = () => {
    tf.dispose(frozen);
    for (const weight of weights) weight.dispose();
  };
  return { inputs, compute, dispose };
}

const plainNorm = (x: tf.Tensor, gain: tf.Tensor, epsilon: number) =>
  tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), 1, true), epsilon))), gain);

onEachBackend(() => {
  describe("adaptedLinears", () => {
    it("gives what plain operations give between a norm, a gate and a residual, for ranks below and above 16", async () => {
      for (const [rows, widths, adapted] of [
        [6, [5, 9], { rank: 2 }],
        [38, [21, 34], { rank: 16 }],
        [10, [20, 18], { rank: 17 }],
        [19, [21, 35], { rank: 8, kinds: ["4 bits with minima", "4 bits", "NF4", "8 bits"] }],
        [19, [21, 35], { rank: 32, kinds: ["f16", "4 bits with stepped scales and minima", "bf16"] }],
      ] as const) {
        const { inputs, compute, dispose } = layer(rows, widths, adapted);
        const own = (...given: tf.Tensor[]) => compute(given, together, rmsNorm);
        await expectTwin(own, (...given) => compute(given, plain, plainNorm), inputs, 1e-4);
        dispose();
      }
    });

    it("gives each of two losses over one tape its gradients", async () => {
      const { inputs, compute, dispose } = layer(6, [5, 9], { rank: 2 });
      await expectTwoLosses((...given) => compute(given, together, rmsNorm), inputs);
      tf.dispose([...inputs]);
      dispose();
    });

    it("leaves what a norm gives readable, and nothing behind", async () => {
      const { inputs, compute, dispose } = layer(6, [5, 9], { rank: 2 });
      const kept: tf.Tensor[] = [];
      const norm: typeof rmsNorm = (...call) => {
        const normed = rmsNorm(...call);
        kept.push(tf.keep(tf.clone(normed)));
        return normed;
      };
      await expectNoLeak(() => {
        const { value, gradients } = differentiate(() => compute(inputs, together, norm), inputs);
        tf.dispose([value, ...gradients.filter((gradient) => gradient !== undefined), ...kept.splice(0)]);
      });
      tf.dispose(compute(inputs, together, norm));
      const [normed] = kept as [tf.Tensor];
      const expected = tf.tidy(() => plainNorm(inputs[0] as tf.Tensor, inputs[1] as tf.Tensor, 1e-5));
      expect(Array.from(await normed.data()).map((value) => value.toFixed(4))).toEqual(
        Array.from(await expected.data()).map((value) => value.toFixed(4)),
      );
      tf.dispose([...inputs, expected, normed]);
      dispose();
    });
  });
});
