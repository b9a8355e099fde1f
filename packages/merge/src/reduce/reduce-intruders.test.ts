// Against PEFT 0.21.2: fixtures/singular-values/make_singular_values.py made the numbers.

import "@tensorflow/tfjs-backend-cpu";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Adapter, createLoraConfig } from "@lowrank/adapter-format";
import type { AdapterTensor } from "@lowrank/adapter-format/internal";
import { createMatrix, type Matrix, multiply } from "@lowrank/math";
import { expectClose, expectNoLeak, fixturesRoot, HandMadeSite } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import { reduceIntruders } from "./reduce-intruders.ts";

interface Expected {
  readonly weights: Readonly<Record<string, number[][]>>;
  readonly lora: Readonly<Record<string, { readonly a: number[][]; readonly b: number[][] }>>;
  readonly reduced: readonly {
    readonly options: { readonly top_k?: number; threshold_epsilon?: number; mitigation_lambda?: number };
    readonly intruders: Readonly<Record<string, number>>;
    readonly delta: Readonly<Record<string, number[][]>>;
  }[];
}

const { weights, lora, reduced }: Expected = JSON.parse(
  readFileSync(join(fixturesRoot, "../singular-values/expected.json"), "utf8"),
);
const sites = Object.entries(weights).map(
  ([path, rows]) => new HandMadeSite({ path, weight: tf.tidy(() => tf.transpose(tf.tensor2d(rows))) }),
);
const model = { sites: () => sites };
const stored = (rows: number[][]): AdapterTensor => {
  return { shape: [rows.length, rows[0]?.length ?? 0], values: Float32Array.from(rows.flat()) };
};
const adapter = {
  config: createLoraConfig({ rank: 2, alpha: 6, targetModules: Object.keys(weights) }),
  tensors: new Map(
    Object.entries(lora).flatMap(([path, { a, b }]) => [
      [`${path}.lora_A.weight`, stored(a)] as const,
      [`${path}.lora_B.weight`, stored(b)] as const,
    ]),
  ),
  metadata: new Map(),
};

/** 3·B·A */
function deltaOf({ tensors }: Adapter, path: string): ArrayLike<number> {
  const [a, b] = ["A", "B"].map((name) => {
    const { shape = [], values = [] } = tensors.get(`${path}.lora_${name}.weight`) ?? {};
    return createMatrix(shape[0] ?? 0, shape[1] ?? 0, values);
  }) as [Matrix, Matrix];
  return multiply(b, a).values.map((value) => 3 * value);
}

describe("reduceIntruders", () => {
  afterAll(() => {
    for (const site of sites) site.dispose();
  });

  it.each(reduced)("weakens PEFT's intruders as PEFT does, with $options", (wanted) => {
    const { top_k: topK, threshold_epsilon: thresholdEpsilon, mitigation_lambda: mitigationLambda } = wanted.options;
    const found = reduceIntruders(adapter, model, { topK, thresholdEpsilon, mitigationLambda });
    expect(Object.fromEntries(found.layers.map(({ path, intruders }) => [path, intruders]))).toEqual(wanted.intruders);
    for (const [path, rows] of Object.entries(wanted.delta))
      expectClose(deltaOf(found.adapter, path), rows.flat(), 2e-5, path);
    expect(found.adapter.tensors.get("k_proj.lora_A.weight")).toEqual(adapter.tensors.get("k_proj.lora_A.weight"));
  });

  it("refuses layers that the model does not have, and leaks nothing", async () => {
    const other = { sites: () => sites.slice(1) };
    expect(() => reduceIntruders(adapter, other)).toThrow(/q_proj = no layer of the model but needs a linear layer/);
    expect(() => reduceIntruders(adapter, model, { topK: 0 })).toThrow("topK = 0");
    await expectNoLeak(() => reduceIntruders(adapter, model));
  });
});
