import type { ConvolutionGeometry } from "@lowrank/contracts/internal";
import "../gradients.ts";
import { expectClose, expectGradients, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { useTestEngine } from "../../test/test-engines.ts";

import { uniform } from "../random/draw.ts";
import { convolve } from "./convolve.ts";

const plain: ConvolutionGeometry = { kernel: [3, 3], strides: [1, 1], padding: [0, 0], dilations: [1, 1], groups: 1 };

const geometries: readonly (readonly [string, ConvolutionGeometry])[] = [
  ["nothing special", plain],
  ["stride and padding that differ by axis", { ...plain, strides: [2, 1], padding: [1, 2] }],
  ["dilation", { ...plain, dilations: [2, 1], padding: [2, 0] }],
  ["groups", { ...plain, groups: 2, padding: [1, 1] }],
  ["one group for each channel", { ...plain, groups: 4, strides: [2, 2] }],
  ["everything at once", { kernel: [1, 3], strides: [1, 2], padding: [0, 3], dilations: [1, 2], groups: 2 }],
];

const drawn = (shape: readonly number[], path: string) => uniform(shape, -1, 1, { seed: 3, path });

function operands(geometry: ConvolutionGeometry): readonly [x: tf.Tensor, filter: tf.Tensor] {
  return [drawn([2, 6, 7, 4], "x"), drawn([...geometry.kernel, 4 / geometry.groups, 8], "filter")];
}

/** The definition, entry by entry. */
function naive(x: tf.Tensor, filter: tf.Tensor, geometry: ConvolutionGeometry): number[] {
  const { kernel, strides, padding, dilations, groups } = geometry;
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const [, , perGroup = 0, outFeatures = 0] = filter.shape;
  const [image, weights] = [x.dataSync(), filter.dataSync()];
  const count = (size: number, axis: 0 | 1) =>
    Math.floor((size + 2 * padding[axis] - dilations[axis] * (kernel[axis] - 1) - 1) / strides[axis]) + 1;
  const result: number[] = [];
  for (let b = 0; b < batch; b++)
    for (let row = 0; row < count(height, 0); row++)
      for (let column = 0; column < count(width, 1); column++)
        for (let out = 0; out < outFeatures; out++) {
          let sum = 0;
          const first = Math.floor(out / (outFeatures / groups)) * perGroup;
          for (let i = 0; i < kernel[0]; i++)
            for (let j = 0; j < kernel[1]; j++)
              for (let channel = 0; channel < perGroup; channel++) {
                const [y, z] = [
                  row * strides[0] - padding[0] + i * dilations[0],
                  column * strides[1] - padding[1] + j * dilations[1],
                ];
                if (y < 0 || z < 0 || y >= height || z >= width) continue;
                const pixel = image[((b * height + y) * width + z) * channels + first + channel] ?? 0;
                sum += pixel * (weights[((i * kernel[1] + j) * perGroup + channel) * outFeatures + out] ?? 0);
              }
          result.push(sum);
        }
  return result;
}

describe("convolve", () => {
  beforeAll(useTestEngine);

  it.each(geometries)("computes the definition: %s", (_, geometry) => {
    const [x, filter] = operands(geometry);
    const y = convolve(x, filter, geometry);
    expectClose(y.dataSync(), naive(x, filter, geometry), 1e-5);
    tf.dispose([x, filter, y]);
  });

  it.each(geometries)("is differentiable for the image and the filter: %s", async (_, geometry) => {
    const inputs = operands(geometry);
    await expectGradients((x, filter) => convolve(x!, filter!, geometry), inputs, { entries: 12 });
    tf.dispose([...inputs]);
  });

  it("refuses shapes that do not belong together, and leaks nothing", async () => {
    const [x, filter] = operands(plain);
    expect(() => convolve(x, filter, { ...plain, groups: 3 })).toThrow(
      expect.objectContaining({ code: "SHAPE_MISMATCH" }),
    );
    await expectNoLeak(() => convolve(x, filter, { ...plain, dilations: [2, 2] }).dispose());
    tf.dispose([x, filter]);
  });
});
