import { activeAdapters, inferenceContext, type Site } from "@lowrank/contracts";
import "@lowrank/engine/gradients";
import { uniform } from "@lowrank/engine/internal";
import { expectClose } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LoraAdaptation } from "../adaptations/lora-adaptation.ts";

import { linear } from "../kinds/linear.ts";
import { LoraMatrices } from "../matrices/lora-matrices.ts";
import type { FactorSpec } from "./factor.ts";
import { transposedLayout } from "./file-layout.ts";

const drawn = (shape: [number, number], path: string) => uniform(shape, -1, 1, { seed: 3, path }) as tf.Tensor2D;
const [first, last] = linear.specs({ inFeatures: 4, outFeatures: 3 }, 2);
const middle: FactorSpec = { part: "lora_R", shape: [2, 2], fileShape: [2, 2], layout: transposedLayout };

const site: Site = {
  kind: "linear",
  path: "fc",
  role: "body",
  inFeatures: 4,
  outFeatures: 3,
  hasBias: false,
  fanInFanOut: false,
  attach: () => () => undefined,
  applyBase: (input) => tf.clone(input),
  readWeight: () => tf.zeros([4, 3]),
  replaceWeight: () => () => undefined,
};

describe("an update of three matrices", () => {
  let lora: LoraMatrices;
  let x: tf.Tensor2D;
  const apply = (adaptation: LoraAdaptation) => {
    const context = inferenceContext(activeAdapters("default"));
    return adaptation.apply({ input: x, output: tf.zeros([5, 3]), site, context, weight: 1 });
  };

  beforeEach(() => {
    const tensors = [drawn([4, 2], "a"), drawn([2, 2], "r"), drawn([2, 3], "b")];
    lora = new LoraMatrices(tensors, { name: "three", factors: [first, middle, last] });
    x = drawn([5, 4], "x");
  });
  afterEach(() => {
    lora.dispose();
    x.dispose();
  });

  it("acts as it folds", () => {
    const adaptation = new LoraAdaptation({ lora, scale: 2 });
    const [a, r, b] = lora.factors.map(({ variable }) => variable as tf.Variable<tf.Rank.R2>);
    const expected = tf.tidy(() => tf.mul(tf.matMul(x, tf.matMul(tf.matMul(a!, r!), b!)), 2).dataSync());
    const folded = tf.tidy(() => tf.matMul(x, adaptation.fold(tf.zeros([4, 3])) as tf.Tensor2D).dataSync());
    expectClose(
      tf.tidy(() => apply(adaptation).dataSync()),
      expected,
      1e-6,
    );
    expectClose(folded, expected, 1e-6);
  });

  it("trains each of them, except a frozen one", () => {
    const frozen = new LoraMatrices(
      lora.factors.map(({ variable }) => tf.clone(variable)),
      { name: "frozen", factors: [first, { ...middle, isTrained: false }, last] },
    );
    const { value, grads } = tf.variableGrads(() => tf.sum(apply(new LoraAdaptation({ lora, scale: 2 }))));
    expect(Object.keys(grads).sort()).toEqual(["three.lora_A", "three.lora_B", "three.lora_R"]);
    expect(frozen.variables.map(({ name }) => name)).toEqual(["frozen.lora_A", "frozen.lora_B"]);
    frozen.dispose();
    tf.dispose([value, grads]);
  });

  it("is refused if one does not fit the next", () => {
    const tensors = [drawn([4, 2], "a"), drawn([3, 2], "r"), drawn([2, 3], "b")];
    const make = () => new LoraMatrices(tensors, { name: "torn", factors: [first, middle, last] });
    expect(make).toThrow(expect.objectContaining({ code: "MATRIX_SHAPE_MISMATCH" }));
    tf.dispose(tensors);
  });
});
