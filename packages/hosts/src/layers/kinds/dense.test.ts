import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { noAdapters } from "@lowrank/contracts";
import { mergeAdapter } from "@lowrank/merge";
import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { model as functional, input, type LayersModel, layers, sequential } from "@tensorflow/tfjs-layers";
import { describe, expect, it } from "vitest";
import { adapt, predict, stir, weightsOf } from "../../../test/adapted.ts";
import { layersModel } from "../layers-model.ts";

function classifier(): LayersModel {
  const x = input({ shape: [5] });
  const hidden = layers.dense({ units: 6, activation: "relu", name: "hidden" }).apply(x);
  const wide = layers.dense({ units: 4, activation: "tanh", name: "wide", useBias: false }).apply(hidden);
  const y = layers.dense({ units: 3, activation: "softmax", name: "score" }).apply(wide);
  return functional({ inputs: x, outputs: y as never });
}

const someInputs = () => tf.randomNormal([7, 5], 0, 1, "float32", 11);

describe("a model of Dense layers", () => {
  it("computes the same bits with a new adapter, others with a changed one, and the first again without", () => {
    const [model, x] = [classifier(), someInputs()];
    const before = predict(model, x);
    const handle = adapt(model);
    expect(predict(model, x)).toEqual(before);
    stir(handle);
    expect(predict(model, x)).not.toEqual(before);
    expect(layersModel(model).within(noAdapters, () => predict(model, x))).toEqual(before);
    handle.dispose();
    expect(predict(model, x)).toEqual(before);
    expect(Object.keys(model.getLayer("hidden"))).not.toContain("call");
  });

  it("trains only the adapter in fit, compiled before or after", async () => {
    for (const isBefore of [true, false]) {
      const [model, x] = [classifier(), someInputs()];
      const y = tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2, 0], "int32"), 3);
      const compile = () => model.compile({ optimizer: tf.train.adam(0.05), loss: "categoricalCrossentropy" });
      if (isBefore) compile();
      const base = weightsOf(model);
      const handle = adapt(model);
      if (!isBefore) compile();
      const history = await model.fit(x, y, { epochs: 20, batchSize: 7, verbose: 0, validationSplit: 0.2 });
      const losses = history.history.loss as number[];
      expect(losses.at(-1)).toBeLessThan(losses[0]! * 0.8);
      expect(weightsOf(model)).toEqual(base);
      expect(
        [...handle.variables.values()].some((v) => v.name.includes("lora_B") && v.dataSync().some((n) => n !== 0)),
      ).toBe(true);
      handle.dispose();
      compile();
      await model.fit(x, y, { epochs: 1, verbose: 0 });
      expect(weightsOf(model)).not.toEqual(base);
    }
  });

  it("computes the same merged as adapted, and is restored bit for bit", async () => {
    const [model, x] = [classifier(), someInputs()];
    const base = weightsOf(model);
    for (const config of [{}, { useDora: true }, { init: "pissa" as const }]) {
      const handle = adapt(model, config);
      stir(handle);
      const adapted = predict(model, x);
      const merged = await mergeAdapter(layersModel(model), handle);
      expectClose(predict(model, x), adapted, 1e-5);
      merged.undo();
      expect(weightsOf(model)).toEqual(base);
      handle.dispose();
    }
  });

  it("leaves nothing behind", async () => {
    const [model, x] = [classifier(), someInputs()];
    predict(model, x);
    await expectNoLeak(async () => {
      const handle = adapt(model);
      predict(model, x);
      const merged = await mergeAdapter(layersModel(model), handle);
      predict(model, x);
      merged.undo();
      handle.dispose();
    });
  });
});

describe("a sequential model", () => {
  it("trains an adapter on its inner layers", async () => {
    const model = sequential({
      layers: [layers.dense({ units: 2, inputShape: [3], name: "a" }), layers.dense({ units: 1, name: "b" })],
    });
    const base = weightsOf(model);
    const handle = adapt(model, { targetModules: ["a"] });
    model.compile({ optimizer: "sgd", loss: "meanSquaredError" });
    await model.fit(tf.ones([4, 3]), tf.ones([4, 1]), { epochs: 2, verbose: 0 });
    expect(weightsOf(model)).toEqual(base);
    expect([...handle.variables.keys()]).toEqual(["a.lora_A.weight", "a.lora_B.weight"]);
    handle.dispose();
  });
});
