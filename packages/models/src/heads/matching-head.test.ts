import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { loadModel } from "../loading/load-model.ts";
import { openFolder } from "../node.ts";
import type { PretrainedModel } from "../pretrained-model.ts";

it.each(["clip", "siglip"])(
  "%s's tower of images gets a classifier with the requested number of classes",
  async (name) => {
    const folder = openFolder(fileURLToPath(new URL(`../../fixtures/${name}-pairs`, import.meta.url)));
    const model = await loadModel(folder, { task: "image-classification", numLabels: 5, newHead: { seed: 1 } });
    expect(model.newParameters).toEqual(["classifier.weight", "classifier.bias"]);
    const shape = tf.tidy(() => model.forward({ pixelValues: tf.ones<tf.Rank.R4>([3, 2, 6, 6]) }).shape);
    model.dispose();
    expect(shape).toEqual([3, 5]);
  },
);

describe.each(["clip-pairs", "siglip-pairs"])("%s", (name) => {
  let model: PretrainedModel;
  beforeAll(async () => {
    model = await loadModel(openFolder(fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url))));
  });
  afterAll(() => model.dispose());

  const texts = [
    [5, 17, 39, 0],
    [11, 3, 22, 39],
  ];
  const images = () => tf.randomNormal<tf.Rank.R4>([2, 2, 6, 6], 0, 1, "float32", 3);
  const lossOf = (rows: number[][], labels: number[]) =>
    tf.tidy(
      () =>
        model
          .loss({
            pixelValues: images(),
            inputIds: tf.tensor2d(rows, undefined, "int32"),
            labels: tf.tensor1d(labels, "int32"),
          })
          .dataSync()[0] ?? Number.NaN,
    );

  it("has the same loss for the same pairs, in any order of its texts", () => {
    expect(lossOf([...texts].reverse(), [1, 0])).toBeCloseTo(lossOf(texts, [0, 1]), 5);
  });

  it("refuses a text that belongs to two images, or to none", () => {
    for (const labels of [[0, 0], [0, 2], [0]])
      expect(() => lossOf(texts, labels)).toThrow(expect.objectContaining({ code: "MODEL_INPUT" }));
  });

  it("reads texts and images, and reports which of them are missing", () => {
    const ids = tf.tensor2d(texts, undefined, "int32");
    expect(() => model.forward({ inputIds: ids })).toThrow(/pixelValues/);
    expect(() => tf.tidy(() => model.forward({ pixelValues: images() }))).toThrow(/inputIds/);
    ids.dispose();
  });
});
