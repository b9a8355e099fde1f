import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAdapterFolder, writeAdapterFolder } from "@lowrank/adapter-format/node";
import { DifferentBaseError } from "@lowrank/inject/internal";
import * as tf from "@tensorflow/tfjs-core";
import { type LayersModel, layers, sequential } from "@tensorflow/tfjs-layers";
import { describe, expect, it } from "vitest";
import { predict, stir, weightsOf } from "../../test/adapted.ts";
import { attachLora, loraOf } from "../layers.ts";

import { enableLora } from "./enable-lora.ts";

const x = tf.randomNormal([2, 6, 6, 2], 0, 1, "float32", 4);

function classifier(units = 3): LayersModel {
  const model = sequential({ name: "net" });
  model.add(
    layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: "same", inputShape: [6, 6, 2], name: "conv" }),
  );
  model.add(layers.flatten({ name: "flat" }));
  model.add(layers.dense({ units, name: "score" }));
  tf.tidy(() =>
    model.setWeights(
      model.weights.map(({ shape }, index) => tf.randomNormal(shape as number[], 0, 0.3, "float32", index + 1)),
    ),
  );
  return model;
}

describe("an adapter of a LayersModel", () => {
  it("is saved in PEFT's format and acts the same on a rebuilt model", async () => {
    const trained = classifier();
    const handle = enableLora(trained, { rank: 2, alpha: 6, config: { useDora: true, bias: "all" } });
    stir(handle);
    const folder = join(await mkdtemp(join(tmpdir(), "lowrank-hosts-")), "adapter");
    await writeAdapterFolder(folder, await loraOf(handle));
    const adapter = await readAdapterFolder(folder);
    expect([...adapter.tensors].map(([key, { shape }]) => `${key} ${shape}`)).toContain("conv.lora_A.weight 2,2,3,3");
    const other = classifier();
    attachLora(other, adapter);
    expect(predict(other, x)).toEqual(predict(trained, x));
  });

  it("is refused for a model with another structure, with the differences, and nothing changes", async () => {
    const adapter = await loraOf(enableLora(classifier(), { rank: 2 }));
    const other = classifier(4);
    const base = weightsOf(other);
    const attach = () => attachLora(other, adapter);
    expect(attach).toThrow(expect.objectContaining({ code: "ADAPTER_FOR_ANOTHER_TOPOLOGY" }));
    expect(attach).toThrow(/- - score Dense kernel\[36,3\] bias\[3\].*\n.*\+ score Dense kernel\[36,4\] bias\[4\]/);
    expect(weightsOf(other)).toEqual(base);
    const withoutLines = {
      ...adapter,
      metadata: new Map([...adapter.metadata].filter(([key]) => key !== "lowrank_topology")),
    };
    expect(() => attachLora(other, withoutLines)).toThrow(DifferentBaseError);
  });

  it("has a unique name on its model", () => {
    const model = classifier();
    enableLora(model, { rank: 1 });
    expect(() => enableLora(model, { rank: 1 })).toThrow(expect.objectContaining({ code: "ADAPTER_EXISTS" }));
  });
});
