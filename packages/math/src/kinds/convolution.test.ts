import { activeAdapters, inferenceContext, type Site } from "@lowrank/contracts";
import type { ConvolutionGeometry } from "@lowrank/contracts/internal";
import "@lowrank/engine/gradients";
import { convolve, uniform } from "@lowrank/engine/internal";
import { expectClose, expectNoLeak } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { LoraAdaptation } from "../adaptations/lora-adaptation.ts";

import { createLora } from "../matrices/create-lora.ts";
import { LoraMatrices } from "../matrices/lora-matrices.ts";
import { convolution } from "./convolution.ts";

const plain: ConvolutionGeometry = { kernel: [3, 2], strides: [1, 1], padding: [0, 0], dilations: [1, 1], groups: 1 };
const sizes = { inFeatures: 4, outFeatures: 6 };
const rank = 2;

const drawn = (shape: readonly number[], path: string) => uniform(shape, -1, 1, { seed: 3, path });

function loraFor(geometry: ConvolutionGeometry): LoraMatrices {
  return createLora({
    ...sizes,
    kind: "convolution",
    geometry,
    rank,
    init: "random",
    key: { seed: 3, path: "p" },
    name: "conv",
  });
}

/** A site that is a convolution, as far as an adaptation needs to know. */
const kindOf = (geometry: ConvolutionGeometry) => ({ kind: "convolution", geometry }) as const;

function siteOf(geometry: ConvolutionGeometry, weight: tf.Tensor): Site {
  return {
    kind: "convolution",
    path: "conv",
    role: "body",
    ...sizes,
    hasBias: false,
    fanInFanOut: false,
    geometry,
    attach: () => () => undefined,
    applyBase: (input) => convolve(input, weight, geometry),
    readWeight: () => tf.clone(weight),
    replaceWeight: () => () => undefined,
  };
}

/** The adapted output. */
function run(geometry: ConvolutionGeometry, lora: LoraMatrices, weight: tf.Tensor, x: tf.Tensor): Float32Array {
  const site = siteOf(geometry, weight);
  const adaptation = new LoraAdaptation({ lora, scale: 1.5, site: kindOf(geometry) });
  return tf.tidy(() =>
    Float32Array.from(
      adaptation
        .apply({
          input: x,
          output: site.applyBase(x),
          site,
          context: inferenceContext(activeAdapters("default")),
          weight: 1,
        })
        .dataSync(),
    ),
  );
}

describe("LoRA at a convolution", () => {
  it.each([
    ["plain", plain],
    ["stride and padding", { ...plain, strides: [2, 1], padding: [1, 2] }],
    ["dilation", { ...plain, dilations: [2, 2], padding: [1, 1] }],
    ["a kernel of single pixels", { ...plain, kernel: [1, 1] }],
  ] satisfies [string, ConvolutionGeometry][])("computes what the folded kernel computes: %s", (_, geometry) => {
    const lora = loraFor(geometry);
    const weight = drawn([...geometry.kernel, 4, 6], "weight");
    const x = drawn([2, 6, 7, 4], "x");
    const adaptation = new LoraAdaptation({ lora, scale: 1.5, site: kindOf(geometry) });
    const expected = tf.tidy(() => convolve(x, adaptation.fold(weight), geometry).dataSync());
    expectClose(run(geometry, lora, weight, x), expected, 1e-5);
    lora.dispose();
    tf.dispose([weight, x]);
  });

  it("lets A see all channels and each group of B its own part of the rank, as PEFT does", () => {
    const geometry = { ...plain, groups: 2 };
    const lora = loraFor(geometry);
    expect([lora.a.shape, lora.b.shape]).toEqual([
      [24, 2],
      [1, 6],
    ]);
    const weight = drawn([3, 2, 2, 6], "weight");
    const x = drawn([1, 5, 5, 4], "x");
    const expected = tf.tidy(() => {
      const narrow = convolve(x, tf.reshape(lora.a, [3, 2, 4, 2]), plain); // one column of the rank for each group
      const [first, second] = tf.split(narrow, 2, 3) as [tf.Tensor, tf.Tensor];
      const [left, right] = tf.split(lora.b, 2, 1) as [tf.Tensor, tf.Tensor];
      const update = tf.concat(
        [tf.mul(first, tf.reshape(left, [1, 1, 1, 3])), tf.mul(second, tf.reshape(right, [1, 1, 1, 3]))],
        3,
      );
      return tf.add(convolve(x, weight, geometry), tf.mul(update, 1.5)).dataSync();
    });
    expectClose(run(geometry, lora, weight, x), expected, 1e-5);
    const adaptation = new LoraAdaptation({ lora, scale: 1.5, site: kindOf(geometry) });
    expect(() => adaptation.delta(1)).toThrow(expect.objectContaining({ code: "GROUPED_CONVOLUTION" }));
    lora.dispose();
    tf.dispose([weight, x]);
  });

  it.each([1, 2] as const)(
    "has PEFT's shapes in files with %i axes, and reads back what it writes",
    async (axesInFile) => {
      const geometry: ConvolutionGeometry = { ...plain, kernel: [axesInFile, 3], axesInFile };
      const lora = loraFor(geometry);
      const stored = await lora.toTorch();
      const factors = convolution.specs({ ...sizes, geometry }, rank);
      const shapes = [...factors.map(({ fileShape }) => fileShape), convolution.outputsInFile({ ...sizes, geometry })];
      expect([stored.a.shape, stored.b.shape]).toEqual(shapes.slice(0, 2));
      expect(shapes).toEqual(
        axesInFile === 1
          ? [
              [2, 4, 3],
              [6, 2, 1],
              [1, 6, 1],
            ]
          : [
              [2, 4, 2, 3],
              [6, 2, 1, 1],
              [1, 6, 1, 1],
            ],
      );
      const again = LoraMatrices.fromTorch(stored, {
        name: "again",
        factors,
      });
      expect(again.a.dataSync()).toEqual(lora.a.dataSync());
      expect(again.b.dataSync()).toEqual(lora.b.dataSync());
      lora.dispose();
      again.dispose();
    },
  );

  it("refuses settings that are no numbers, and leaks nothing", async () => {
    const lora = loraFor(plain);
    expect(() => new LoraAdaptation({ lora, scale: 1, dropout: 1, site: kindOf(plain) })).toThrow(
      expect.objectContaining({ code: "INVALID_SETTING" }),
    );
    expect(() => new LoraAdaptation({ lora, scale: Number.NaN, site: kindOf(plain) })).toThrow(
      expect.objectContaining({ code: "INVALID_SETTING" }),
    );
    const weight = drawn([3, 2, 4, 6], "weight");
    const x = drawn([1, 5, 5, 4], "x");
    await expectNoLeak(() => run(plain, lora, weight, x));
    lora.dispose();
    tf.dispose([weight, x]);
  });
});
