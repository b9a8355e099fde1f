import "@tensorflow/tfjs-backend-cpu";
import { fileURLToPath } from "node:url";
import { loadModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { sampleInputs } from "./sample-logits.ts";

const shapes = [
  ["bert-choice", [1, 2]],
  ["electra-replaced", [2, 20]],
  ["bert-next-sentence", [2, 2]],
  ["t5-encoder", [2, 24, 16]],
  ["t5-plain", [2, 24, 40]],
  ["vit-regression", [2, 1]],
  ["swin-absolute", [2, 9, 24]],
  ["clip-pairs", [2, 2]],
  ["clip-classifier", [2, 3]],
] as const;

describe("sampleInputs", () => {
  it.each(shapes)("are inputs of %s", async (name, shape) => {
    const folder = fileURLToPath(new URL(`../../../models/fixtures/${name}`, import.meta.url));
    const model = await loadModel(openFolder(folder));
    const found = tf.tidy(() => model.forward(sampleInputs(model)).shape);
    model.dispose();
    expect(found).toEqual(shape);
  });
});
