import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { GraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import { layers, type Sequential, sequential } from "@tensorflow/tfjs-layers";
import { describe, expect, it } from "vitest";
import { predict, weightsOf } from "../../test/adapted.ts";

import { enableLora } from "./enable-lora.ts";
import { layersModel } from "./layers-model.ts";

function model(): Sequential {
  const made = sequential({ name: "net" });
  made.add(layers.dense({ units: 4, inputShape: [3], name: "hidden" }));
  made.add(layers.batchNormalization({ name: "norm" }));
  made.add(layers.dense({ units: 2, name: "score" }));
  return made;
}

const [x, y] = [tf.ones([4, 3]), tf.zeros([4, 2])];

describe("a value that cannot be adapted", () => {
  it("is a model without weights", () => {
    expect(() => layersModel(sequential())).toThrow(expect.objectContaining({ code: "UNADAPTABLE_MODEL" }));
  });

  it("is any other value than a LayersModel; for a graph the error names the function", () => {
    const graph = new GraphModel("nowhere");
    for (const other of [graph, {}, null, undefined, layers.dense({ units: 1 })])
      expect(() => enableLora(other as never, { rank: 1 })).toThrow(
        expect.objectContaining({ code: "UNADAPTABLE_MODEL" }),
      );
    expect(() => enableLora(graph as never, { rank: 1 })).toThrow(/graphModel of @lowrank\/hosts\/graph/);
  });

  it("is a model without a matrix, whose layers are named", () => {
    const flat = sequential({ layers: [layers.batchNormalization({ inputShape: [3], name: "norm" })] });
    expect(() => enableLora(flat, { rank: 1 })).toThrow(/norm \(BatchNormalization\)/);
  });

  it("is a layer without one, named with its class and why, and one that is not there", () => {
    const net = model();
    const enable = () => enableLora(net, { rank: 1, layers: ["hidden", "norm", "nothing"] });
    expect(enable).toThrow(expect.objectContaining({ code: "UNADAPTABLE_LAYER" }));
    expect(enable).toThrow(/"norm" \(BatchNormalization\): it has no matrix/);
    expect(enable).toThrow(/"nothing" \(unknown\): the model has no such layer; it has "hidden", "norm", "score"/);
    expect(Object.keys(net.getLayer("hidden"))).not.toContain("call");
  });
});

describe("a model with an adapter", () => {
  it("cannot be disposed of and loses no layer; the adapter stays, and removing it restores the base", () => {
    const net = model();
    const before = predict(net, x);
    const handle = enableLora(net, { rank: 1 });
    for (const act of [() => net.dispose(), () => net.pop(), () => net.add(layers.dense({ units: 1 }))])
      expect(act).toThrow(expect.objectContaining({ code: "ADAPTERS_ATTACHED" }));
    handle.dispose();
    expect(predict(net, x)).toEqual(before);
    net.dispose();
  });

  it("is refused if layers were added or removed since layersModel", () => {
    const net = model();
    layersModel(net);
    net.pop();
    expect(() => enableLora(net, { rank: 1, layers: ["hidden"] })).toThrow(
      expect.objectContaining({ code: "MODEL_CHANGED" }),
    );
    expect(() => enableLora(net, { rank: 1, layers: ["hidden"] })).toThrow(/score Dense/);
  });

  it("refuses labels and inputs of other shapes, in fit and evaluate, and changes nothing", async () => {
    const net = model();
    const handle = enableLora(net, { rank: 1 });
    net.compile({ optimizer: tf.train.adam(0.1), loss: "meanSquaredError" });
    const [base, before] = [weightsOf(net), predict(net, x)];
    const error = await net.fit(x, tf.zeros([4, 3]), { epochs: 1, verbose: 0 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "UNFIT_DATA" });
    expect(error).toMatchObject({ model: "net", problem: expect.stringMatching(/\[\*,2\].*\[4,3\]/) });
    await expect(net.fit(tf.ones([4, 5]), y, { epochs: 1, verbose: 0 })).rejects.toThrow(
      expect.objectContaining({ code: "UNFIT_DATA" }),
    );
    expect(() => net.evaluate(x, tf.zeros([3, 2]))).toThrow(expect.objectContaining({ code: "UNFIT_DATA" }));
    expect(predict(net, x)).toEqual(before);
    expect(weightsOf(net)).toEqual(base);
    handle.dispose();
    await expect(net.fit(x, tf.zeros([4, 3]), { epochs: 1, verbose: 0 })).rejects.not.toThrow(
      expect.objectContaining({ code: "UNFIT_DATA" }),
    );
  });

  it("trains with an optimizer without moments of other weights, however often it is compiled", async () => {
    const net = model();
    net.compile({ optimizer: tf.train.adam(0.1), loss: "meanSquaredError" });
    await net.fit(x, y, { epochs: 1, verbose: 0 });
    const base = weightsOf(net);
    const handle = enableLora(net, { rank: 1 });
    await expect(net.fit(x, y, { epochs: 1, verbose: 0 })).rejects.toThrow(
      expect.objectContaining({ code: "OPTIMIZER_IN_USE" }),
    );
    for (let time = 0; time < 2; time++) {
      net.compile({ optimizer: tf.train.adam(0.1), loss: "meanSquaredError" });
      await net.fit(x, y, { epochs: 2, verbose: 0 });
      expect(weightsOf(net)).toEqual(base);
    }
    enableLora(net, { rank: 1, name: "second" });
    await expect(net.fit(x, y, { epochs: 1, verbose: 0 })).rejects.toThrow(
      expect.objectContaining({ code: "OPTIMIZER_IN_USE" }),
    );
    handle.dispose();
  });
});
