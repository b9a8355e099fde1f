import "@lowrank/engine/gradients";
import { uniform } from "@lowrank/engine/internal";
import { expectClose, expectGradients } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";

import { createLora } from "../matrices/create-lora.ts";
import { factorOf } from "../update/factor.ts";
import { parameter, parameterDelta, rawMatrixSizes } from "./parameter.ts";

const loraOf = (inFeatures: number, outFeatures: number, rank: number, experts = 1) =>
  createLora({
    inFeatures,
    outFeatures,
    rank,
    experts,
    init: "random",
    key: { seed: 3, path: "p" },
    name: "raw",
  });

describe("parameterDelta", () => {
  it("multiplies each expert's own columns of A and its own rows of B, in PEFT's order", () => {
    const [experts, outFeatures, inFeatures, rank] = [3, 4, 5, 2];
    const lora = loraOf(inFeatures, outFeatures, rank, experts);
    const [a, b] = [lora.a.arraySync(), lora.b.arraySync()];
    const delta = tf.tidy(() =>
      parameterDelta(lora, { shape: [experts, outFeatures, inFeatures], transposedInFile: false }, 2).arraySync(),
    ) as number[][][];
    for (let e = 0; e < experts; e++)
      for (let o = 0; o < outFeatures; o++)
        for (let i = 0; i < inFeatures; i++) {
          // PEFT: A.reshape(experts, rank, in), B.reshape(out, rank, experts).
          let sum = 0;
          for (let k = 0; k < rank; k++) sum += a[i]![e * rank + k]! * b[k * experts + e]![o]!;
          expect(delta[e]![o]![i]).toBeCloseTo(2 * sum, 5);
        }
    lora.dispose();
  });

  it("has the stack's layout, which may be transposed", () => {
    const lora = loraOf(5, 4, 2, 3);
    const one = tf.tidy(() => parameterDelta(lora, { shape: [3, 4, 5], transposedInFile: false }, 2));
    const stack = { shape: [3, 5, 4], transposedInFile: false, isStackedInOut: true };
    const other = tf.tidy(() => tf.transpose(parameterDelta(lora, stack, 2), [0, 2, 1]));
    expectClose(other.dataSync(), one.dataSync(), 1e-7);
    tf.dispose([one, other]);
    lora.dispose();
  });

  it("has the matrix's layout: [outFeatures, inFeatures] as in files, or transposed", () => {
    const lora = loraOf(5, 4, 2);
    const stored = tf.tidy(() => parameterDelta(lora, { shape: [4, 5], transposedInFile: false }, 1));
    const turned = tf.tidy(() => tf.transpose(parameterDelta(lora, { shape: [5, 4], transposedInFile: true }, 1)));
    expectClose(stored.dataSync(), turned.dataSync(), 0);
    tf.dispose([stored, turned]);
    lora.dispose();
  });

  it("is differentiable for both halves", async () => {
    const inputs = [uniform([5, 6], -1, 1, { seed: 1, path: "a" }), uniform([6, 4], -1, 1, { seed: 1, path: "b" })];
    await expectGradients((a, b) => {
      const [first, second] = parameter.specs({ inFeatures: 5, outFeatures: 4, experts: 3 }, 2);
      const factors = [factorOf(first, a as tf.Variable), factorOf(second, b as tf.Variable)];
      return parameterDelta({ factors, baseChange: null }, { shape: [3, 4, 5], transposedInFile: false }, 2);
    }, inputs);
    tf.dispose(inputs);
  });

  it("does not support a vector, and refuses A and B of other sizes", () => {
    expect(rawMatrixSizes({ shape: [4], transposedInFile: false })).toBeNull();
    const lora = loraOf(5, 4, 2);
    expect(() => parameterDelta(lora, { shape: [5, 4], transposedInFile: false }, 1)).toThrow(
      expect.objectContaining({ code: "MATRIX_SHAPE_MISMATCH" }),
    );
    lora.dispose();
  });
});
