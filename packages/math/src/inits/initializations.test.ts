import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";

import {
  createMatrix,
  frobeniusNorm,
  type Matrix,
  matrixOfTensor,
  multiply,
  transpose,
} from "../linear-algebra/matrix.ts";
import { normalMatrix } from "../linear-algebra/randomized-svd.ts";
import { svd } from "../linear-algebra/svd.ts";
import type { LoraMatrices } from "../matrices/lora-matrices.ts";
import { loraDelta, lowRankDelta } from "../update/low-rank-delta.ts";
import type { InitRequest } from "./initialization.ts";
import { initializations, initializeMatrices } from "./initializations.ts";

const weight = normalMatrix(12, 9, { seed: 2, path: "weight" }); // [inFeatures, outFeatures]

function initialized(init: boolean | string, options: Partial<InitRequest> = {}): LoraMatrices {
  return initializeMatrices({
    init,
    inFeatures: 12,
    outFeatures: 9,
    rank: 4,
    kind: "linear",
    scaling: 2,
    key: { seed: 7, path: "fc" },
    name: `start ${String(init)}`,
    weight: () => weight,
    ...options,
  });
}

/** scaling·A·B of a fresh pair, which is freed. */
function initialProduct(lora: LoraMatrices): Matrix {
  const delta = lowRankDelta(lora.a, lora.b, 2);
  const product = matrixOfTensor(delta);
  delta.dispose();
  lora.dispose();
  return product;
}

function distance(one: Matrix, other: Matrix): number {
  return frobeniusNorm({ ...one, values: one.values.map((value, index) => value - other.values[index]!) });
}

describe("every initialization", () => {
  it.each(["pissa", "pissa_niter_3", "olora", "mica", "loftq"])(
    "%s names the pair whose weight is not finite",
    (init) => {
      const broken = { ...weight, values: weight.values.map((value, index) => (index === 5 ? Number.NaN : value)) };
      expect(() => initialized(init, { weight: () => broken })).toThrow(`"start ${init}" got a frozen weight = NaN`);
    },
  );

  it.each(initializations.map(({ name }) => name.replace("<n>", "3")))("%s refuses a rank that is none", (name) => {
    const init = name === "true" || name === "false" ? name === "true" : name;
    const measured = { gradient: weight };
    for (const rank of [0, 1.5])
      expect(() => initialized(init, { rank, measured })).toThrow(expect.objectContaining({ code: "INVALID_RANK" }));
  });

  it.each(["pissa", "pissa_niter_3"])("%s refuses a scaling by which it cannot divide", (init) => {
    for (const scaling of [0, -2])
      expect(() => initialized(init, { scaling })).toThrow(/scaling = .* needs alpha above 0/);
  });

  it.each(["true", "gaussian", "orthogonal", "pissa", "pissa_niter_3", "olora", "mica"])(
    "%s leaves the weight as it was",
    (name) => {
      const lora = initialized(name === "true" ? true : name);
      const delta = tf.tidy(() => tf.max(tf.abs(loraDelta(lora, 2))).dataSync()[0]!);
      lora.dispose();
      expect(delta).toBeLessThan(1e-6);
    },
  );

  it("is the same for the same seed and path", () => {
    for (const name of ["orthogonal", "pissa", "pissa_niter_2", "olora", "mica"]) {
      expect(initialProduct(initialized(name))).toEqual(initialProduct(initialized(name)));
    }
  });

  it("has a name and a source", () => {
    for (const { name, source } of initializations) expect(name.length * source.length).toBeGreaterThan(0);
  });

  it("is refused by name if it is unknown", () => {
    expect(() => initialized("kaiming")).toThrow(expect.objectContaining({ code: "UNKNOWN_INITIALIZATION" }));
    expect(() => initialized("kaiming")).toThrow(/pissa_niter_<n>/);
  });

  it("frees everything", async () => {
    await expectNoLeak(() => {
      for (const name of ["orthogonal", "pissa", "olora", "mica"]) initialized(name).dispose();
    });
  });
});

describe("pissa", () => {
  it("uses the weight's best approximation of its rank", () => {
    const rest = distance(weight, initialProduct(initialized("pissa")));
    const singular = svd(weight).s;
    expect(rest).toBeCloseTo(Math.sqrt(singular.slice(4).reduce((sum, value) => sum + value * value, 0)), 5);
  });

  it("has A and B with equal singular values", () => {
    const lora = initialized("pissa");
    const [a, b] = [matrixOfTensor(lora.a), matrixOfTensor(lora.b)];
    lora.dispose();
    expect(frobeniusNorm(a)).toBeCloseTo(frobeniusNorm(b), 5);
  });

  it("is close to the best with a few power iterations", () => {
    const [quick, exact] = ["pissa_niter_16", "pissa"].map((name) =>
      distance(weight, initialProduct(initialized(name))),
    );
    expect(quick! / exact!).toBeLessThan(1.01);
  });

  it("is refused beyond the rank of the weight", () => {
    expect(() => initialized("pissa", { rank: 10 })).toThrow(/at most 9/);
  });
});

describe("olora", () => {
  it("initializes B with orthonormal rows with the same span as the first columns of the weight", () => {
    const lora = initialized("olora");
    const b = matrixOfTensor(lora.b); // [rank, outFeatures]
    lora.dispose();
    const identity = multiply(b, transpose(b));
    expect(distance(identity, createMatrix(4, 4, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]))).toBeLessThan(1e-6);
  });
});

describe("orthogonal", () => {
  it("has both matrices non-zero, a tenth of normal in size", () => {
    const lora = initialized("orthogonal", { inFeatures: 400, outFeatures: 300 });
    const deviation = (matrix: tf.Tensor) => tf.tidy(() => tf.sqrt(tf.mean(tf.square(matrix))).dataSync()[0]!);
    // Each entry is a sum of two products of a normal number with an entry of a unit column: 0.1 · √(1/2).
    expect(deviation(lora.a)).toBeCloseTo(0.1 * Math.SQRT1_2, 2);
    expect(deviation(lora.b)).toBeCloseTo(0.1 * Math.SQRT1_2, 2);
    lora.dispose();
  });

  it("is refused for an odd rank", () => {
    expect(() => initialized("orthogonal", { rank: 3 })).toThrow(expect.objectContaining({ code: "INVALID_SETTING" }));
  });
});

describe("mica", () => {
  it("sets B to the weakest output directions and only trains A", () => {
    const lora = initialized("mica");
    const strength = frobeniusNorm(multiply(weight, transpose(matrixOfTensor(lora.b))));
    expect(lora.variables).toEqual([lora.a]);
    lora.dispose();
    const singular = svd(weight).s;
    expect(strength).toBeCloseTo(Math.sqrt(singular.slice(-4).reduce((sum, value) => sum + value * value, 0)), 5);
  });
});

describe("an embedding", () => {
  it("is the default if linear layers have another one, as in PEFT", () => {
    const lora = initialized("pissa", { kind: "embedding" });
    expect(lora.baseChange).toBeNull();
    expect(lora.a.dataSync().every((value) => value === 0)).toBe(true);
    lora.dispose();
  });

  it("equals MiCA, as in PEFT: A zero, B the weakest directions and frozen", () => {
    const [linear, lora] = [initialized("mica"), initialized("mica", { kind: "embedding", name: "table" })];
    expect(lora.b.dataSync()).toEqual(linear.b.dataSync());
    expect([lora.b.name.split(".").at(-1), lora.variables, lora.b.trainable]).toEqual([
      "lora_embedding_B",
      [lora.a],
      false,
    ]);
    linear.dispose();
    lora.dispose();
  });
});

describe("A and B that subtract their initial values", () => {
  it("goes to a file as a plain update of twice the rank", async () => {
    const lora = initialized("pissa");
    lora.a.assign(tf.tidy(() => tf.add(lora.a, 0.5)));
    const delta = loraDelta(lora, 1);
    const expected = matrixOfTensor(delta);
    delta.dispose();
    const { a, b } = await lora.toTorch();
    lora.dispose();
    expect([a.shape, b.shape]).toEqual([
      [8, 12],
      [9, 8],
    ]);
    const product = multiply(createMatrix(9, 8, b.values), createMatrix(8, 12, a.values)); // [outFeatures, inFeatures]
    expect(distance(transpose(product), expected)).toBeLessThan(1e-5);
  });
});
