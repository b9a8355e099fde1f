import { activeAdapters, type ForwardContext, inferenceContext, type Site } from "@lowrank/contracts";
import "@lowrank/engine/gradients";
import { dropout } from "@lowrank/engine";
import { expectClose, expectNoLeak, largestMagnitude } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { createLora } from "../matrices/create-lora.ts";
import { lowRankDelta } from "../update/low-rank-delta.ts";
import { scaling } from "../update/scaling.ts";
import { LoraAdaptation } from "./lora-adaptation.ts";

const inference = inferenceContext(activeAdapters("default"));
const training: ForwardContext = { ...inference, training: true, random: { seed: 5, step: 2, microStep: 1 } };

function siteOf(kind: Site["kind"], outputScale?: number): Site {
  const site: Site = {
    kind,
    path: "h.0.fc",
    role: "body",
    inFeatures: 6,
    outFeatures: 5,
    hasBias: false,
    fanInFanOut: false,
    attach: () => () => undefined,
    applyBase: (input) => tf.clone(input),
    readWeight: () => tf.zeros([6, 5]),
    replaceWeight: () => () => undefined,
  };
  return outputScale === undefined ? site : { ...site, outputScale };
}

function randomLora(
  sizes: { inFeatures: number; outFeatures: number; rank: number },
  kind: "linear" | "embedding" = "linear",
) {
  return createLora({ ...sizes, init: "random", key: { seed: 3, path: "p" }, name: "tested", kind });
}

function waves(...shape: number[]): tf.Tensor {
  const size = tf.util.sizeFromShape(shape);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, index) => Math.sin(index * 1.7 + 1)),
    shape,
  );
}

async function valuesOf(compute: () => tf.Tensor): Promise<Float32Array> {
  const tensor = tf.tidy(compute);
  const values = Float32Array.from(await tensor.data());
  tensor.dispose();
  return values;
}

describe("LoraAdaptation", () => {
  it("equals x·(W + ΔW) for any sizes", async () => {
    const size = fc.integer({ min: 1, max: 8 });
    await fc.assert(
      fc.asyncProperty(
        size,
        size,
        size,
        size,
        fc.double({ min: -3, max: 3, noNaN: true }),
        async (rows, inFeatures, outFeatures, rank, scale) => {
          const lora = randomLora({ inFeatures, outFeatures, rank });
          const [x, weight] = [waves(rows, inFeatures), waves(inFeatures, outFeatures)];
          const adaptation = new LoraAdaptation({ lora, scale });
          const site = siteOf("linear");
          const call = { input: x, site, context: inference, weight: 1 };
          const adapted = await valuesOf(() => adaptation.apply({ ...call, output: tf.matMul(x, weight) }));
          const merged = await valuesOf(() => tf.matMul(x, tf.add(weight, lowRankDelta(lora.a, lora.b, scale))));
          expectClose(adapted, merged, 1e-5 * Math.max(1, largestMagnitude(merged)));
          lora.dispose();
          tf.dispose([x, weight]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("leaves the output exactly as it was before training", async () => {
    const lora = createLora({
      inFeatures: 6,
      outFeatures: 5,
      rank: 2,
      key: { seed: 1, path: "p" },
      name: "fresh",
    });
    const adaptation = new LoraAdaptation({ lora, scale: 8 });
    const [x, output] = [waves(2, 3, 6), waves(2, 3, 5)];
    const call = { input: x, output, site: siteOf("linear"), context: inference, weight: 1 };
    expectClose(await valuesOf(() => adaptation.apply(call)), await output.data(), 0);
    lora.dispose();
    tf.dispose([x, output]);
  });

  it("follows its scale and the weight of its adapter", async () => {
    const lora = randomLora({ inFeatures: 6, outFeatures: 5, rank: 2 });
    const adaptation = new LoraAdaptation({ lora, scale: 2 });
    const [x, output] = [waves(4, 6), tf.zeros([4, 5])];
    const call = { input: x, output, site: siteOf("linear"), context: inference };
    const full = await valuesOf(() => adaptation.apply({ ...call, weight: 1 }));
    const half = full.map((value) => value / 2);
    expectClose(await valuesOf(() => adaptation.apply({ ...call, weight: 0.5 })), half, 1e-6);
    adaptation.scale = 1;
    expect(adaptation.scale).toBe(1);
    expectClose(await valuesOf(() => adaptation.apply({ ...call, weight: 1 })), half, 1e-6);
    lora.dispose();
    tf.dispose([x, output]);
  });

  it("drops entries of the branch's input while training, and then only", async () => {
    const lora = randomLora({ inFeatures: 6, outFeatures: 5, rank: 2 });
    const adaptation = new LoraAdaptation({ lora, scale: 2, dropout: 0.5, adapterName: "task" });
    const [x, output] = [waves(4, 6), waves(4, 5)];
    const call = { input: x, output, site: siteOf("linear"), weight: 1 };
    const branch = (input: tf.Tensor) => tf.add(output, tf.matMul(input, lowRankDelta(lora.a, lora.b, 2)));
    const dropped = () => dropout(x, 0.5, { ...training.random, path: "task/h.0.fc" });
    expectClose(
      await valuesOf(() => adaptation.apply({ ...call, context: training })),
      await valuesOf(() => branch(dropped())),
      1e-5,
    );
    expectClose(
      await valuesOf(() => adaptation.apply({ ...call, context: inference })),
      await valuesOf(() => branch(x)),
      1e-5,
    );
    lora.dispose();
    tf.dispose([x, output]);
  });

  it("is differentiated for its variables and leaks nothing", async () => {
    const lora = randomLora({ inFeatures: 6, outFeatures: 5, rank: 2 });
    const adaptation = new LoraAdaptation({ lora, scale: 2, dropout: 0.2 });
    const [input, output] = [waves(4, 6), waves(4, 5)];
    const call = { input, output, site: siteOf("linear"), context: training, weight: 1 };
    const loss = () => tf.reshape<tf.Rank.R0>(tf.sum(adaptation.apply(call)), []);
    const { value, grads } = tf.variableGrads(loss, [...adaptation.variables]);
    expect(Object.keys(grads)).toEqual(["tested.lora_A", "tested.lora_B"]);
    tf.dispose([value, grads]);
    await expectNoLeak(() => tf.dispose(tf.variableGrads(loss, [...adaptation.variables])));
    lora.dispose();
    tf.dispose([input, output]);
  });

  it("refuses settings that are no numbers", () => {
    const lora = randomLora({ inFeatures: 6, outFeatures: 5, rank: 2 });
    expect(() => new LoraAdaptation({ lora, scale: Number.NaN })).toThrow(
      expect.objectContaining({ code: "INVALID_SETTING" }),
    );
    expect(() => new LoraAdaptation({ lora, scale: 1, dropout: 1 })).toThrow(
      expect.objectContaining({ code: "INVALID_SETTING" }),
    );
    lora.dispose();
  });
});

describe("LoraAdaptation at an embedding", () => {
  it("adds rows of ΔW, times the site's output scale", async () => {
    const lora = randomLora({ inFeatures: 9, outFeatures: 5, rank: 2 }, "embedding");
    const adaptation = new LoraAdaptation({ lora, scale: 3, site: { kind: "embedding" } });
    const ids = tf.tensor2d(
      [
        [8, 0, 3],
        [3, 3, 1],
      ],
      [2, 3],
      "int32",
    );
    const output = waves(2, 3, 5);
    for (const outputScale of [undefined, 4]) {
      const call = { input: ids, output, site: siteOf("embedding", outputScale), context: inference, weight: 0.5 };
      const expected = await valuesOf(() =>
        tf.add(output, tf.gather(lowRankDelta(lora.a, lora.b, 3 * 0.5 * (outputScale ?? 1)), ids)),
      );
      expectClose(await valuesOf(() => adaptation.apply(call)), expected, 1e-5);
    }
    lora.dispose();
    tf.dispose([ids, output]);
  });
});

describe("scaling", () => {
  it("is alpha/rank, and alpha/√rank if rank-stabilized", () => {
    expect(scaling({ alpha: 16, rank: 8 })).toBe(2);
    expect(scaling({ alpha: 16, rank: 16, rankStabilized: true })).toBe(4);
  });

  it("refuses an invalid rank or scale", () => {
    expect(() => scaling({ alpha: 16, rank: 0 })).toThrow(/rank 0/);
    expect(() => scaling({ alpha: Number.POSITIVE_INFINITY, rank: 1 })).toThrow(
      expect.objectContaining({ code: "INVALID_SETTING" }),
    );
  });
});

describe("lowRankDelta", () => {
  it("is the outer product, scaled, for rank 1", async () => {
    const [a, b] = [tf.tensor2d([[1], [2]]), tf.tensor2d([[3, 4, 5]])];
    expectClose(await valuesOf(() => lowRankDelta(a, b, 10)), [30, 40, 50, 60, 80, 100], 0);
    expect(() => lowRankDelta(b, b, 1)).toThrow(/rank/);
    tf.dispose([a, b]);
  });
});
