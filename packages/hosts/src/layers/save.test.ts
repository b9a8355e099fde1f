import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { expectClose } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { type LayersModel, layers, loadLayersModel, sequential } from "@tensorflow/tfjs-layers";
import { describe, expect, it } from "vitest";
import { predict, stir } from "../../test/adapted.ts";

import { enableLora } from "./enable-lora.ts";
import { layersModel } from "./layers-model.ts";

function model(): LayersModel {
  const made = sequential({ name: "net" });
  made.add(layers.conv2d({ filters: 2, kernelSize: 3, inputShape: [5, 5, 1], activation: "relu" }));
  made.add(layers.batchNormalization());
  made.add(layers.flatten());
  made.add(layers.dense({ units: 3 }));
  return made;
}

const x = tf.randomNormal([2, 5, 5, 1], 0, 1, "float32", 4);

type Save = (handler: tf.io.IOHandler) => Promise<unknown>;

async function saved(save: Save): Promise<tf.io.ModelArtifacts> {
  let found: tf.io.ModelArtifacts | undefined;
  const modelArtifactsInfo = { dateSaved: new Date(0), modelTopologyType: "JSON" as const };
  await save(
    tf.io.withSaveHandler(async (artifacts) => {
      found = artifacts;
      return { modelArtifactsInfo };
    }),
  );
  return found!;
}

describe("saving a model with an adapter", () => {
  it("requires a choice of weights", async () => {
    const adapted = model();
    enableLora(adapted, { rank: 2 });
    await expect(adapted.save("file:///nowhere")).rejects.toThrow(expect.objectContaining({ code: "UNDECIDED_SAVE" }));
    await expect(layersModel(adapted).save("base", "file:///nowhere", { includeOptimizer: true })).rejects.toThrow(
      expect.objectContaining({ code: "UNDECIDED_SAVE" }),
    );
  });

  it("writes the base byte for byte as before", async () => {
    const adapted = model();
    const before = await saved((handler) => adapted.save(handler));
    const handle = enableLora(adapted, { rank: 2 });
    stir(handle);
    expect(await saved((handler) => layersModel(adapted).save("base", handler))).toEqual(before);
    handle.dispose();
    expect(await saved((handler) => adapted.save(handler))).toEqual(before);
  });

  it("writes merged weights that TensorFlow.js loads without lowrank, and leaves the adapter attached", async () => {
    const adapted = model();
    const handle = enableLora(adapted, { rank: 2, config: { useDora: true } });
    stir(handle);
    const before = predict(adapted, x);
    const merged = await saved((handler) => layersModel(adapted).save("merged", handler));
    expect(handle.isAttached).toBe(true);
    expect(predict(adapted, x)).toEqual(before);
    expectClose(predict(await loadLayersModel(tf.io.fromMemory(merged)), x), before, 1e-5);
  });
});
