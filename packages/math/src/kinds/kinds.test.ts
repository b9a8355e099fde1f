import type { Site } from "@lowrank/contracts";
import type { ConvolutionGeometry } from "@lowrank/contracts/internal";
import { expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { createLora } from "../matrices/create-lora.ts";
import { siteKinds } from "./kinds.ts";

const geometry: ConvolutionGeometry = {
  kernel: [3, 2],
  strides: [1, 1],
  padding: [0, 0],
  dilations: [1, 1],
  groups: 1,
};
const sizes = { inFeatures: 4, outFeatures: 6 };

/** The shape of a weight as computed with, and as torch has it. */
const weights: Record<Site["kind"], readonly [computed: readonly number[], inFile: readonly number[]]> = {
  linear: [
    [4, 6],
    [6, 4],
  ],
  embedding: [
    [4, 6],
    [4, 6],
  ],
  convolution: [
    [3, 2, 4, 6],
    [6, 4, 3, 2],
  ],
};

describe.each(Object.keys(siteKinds) as Site["kind"][])("the row of kind %s", (kind) => {
  const row = siteKinds[kind];
  const layer = { ...sizes, geometry };
  const loraOf = () =>
    createLora({
      ...layer,
      kind,
      rank: 2,
      init: "random",
      key: { seed: 3, path: "p" },
      name: `row of ${kind}`,
    });

  it("has the sizes of its factors, in computation and in files", () =>
    expectNoLeak(() => {
      const lora = loraOf();
      const specs = row.specs(layer, 2);
      expect(lora.factors.map(({ variable }) => variable.shape)).toEqual(specs.map(({ shape }) => shape));
      const inFile = lora.factors.map(({ variable, layout }) => tf.tidy(() => layout.toFile(variable).shape));
      expect(inFile).toEqual(specs.map(({ fileShape }) => fileShape));
      expect(lora.factors.map(({ variable }) => variable.name)).toEqual(
        row.parts.map((part) => `row of ${kind}.${part}`),
      );
      lora.dispose();
    }));

  it("has an update of the weight's shape, and the weight's layout in a file", () => {
    const lora = loraOf();
    const [computed, inFile] = weights[kind];
    const delta = row.delta(lora, 1, layer);
    const layout = row.weightLayout({ fanInFanOut: false });
    expect(delta.shape).toEqual(computed);
    const back = tf.tidy(() => layout.fromFile(layout.toFile(delta)).dataSync());
    expect(back).toEqual(delta.dataSync());
    expect(tf.tidy(() => layout.toFile(delta).shape)).toEqual(inFile);
    delta.dispose();
    lora.dispose();
  });
});

describe("layers without LoRA", () => {
  it("is a convolution that does not tell its geometry, or whose groups do not divide the rank", () => {
    const { refusal } = siteKinds.convolution;
    expect(refusal(sizes, 2)).toBe("its stride, padding and groups are unknown");
    expect(refusal({ ...sizes, geometry: { ...geometry, groups: 3 } }, 2)).toBe(
      "its 3 groups do not divide the rank 2",
    );
    expect(refusal({ ...sizes, geometry }, 2)).toBeNull();
  });
});
