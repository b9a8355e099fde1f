import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { activeAdapters, adapterRows } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import { type LayersModel, layers, sequential } from "@tensorflow/tfjs-layers";
import { describe, expect, it } from "vitest";
import { predict, stir, weightsOf } from "../../test/adapted.ts";
import { guests } from "../../test/guests.ts";
import { enableLora } from "./enable-lora.ts";
import { layersModel } from "./layers-model.ts";

const x = tf.randomNormal([8, 3], 0, 1, "float32", 4);
const y = tf.tidy(() => tf.sum(tf.square(x), 1, true));

function model(): LayersModel {
  const made = sequential({ name: "net" });
  made.add(layers.dense({ units: 8, inputShape: [3], activation: "relu", name: "hidden" }));
  made.add(layers.batchNormalization({ name: "norm" }));
  made.add(layers.dense({ units: 1, name: "score" }));
  return made;
}

describe("training a host model", () => {
  it("runs callbacks, validates, accepts data sets and evaluates as without an adapter", async () => {
    const net = model();
    const handle = enableLora(net, { rank: 2, config: { dropout: 0.1 } });
    net.compile({ optimizer: "adam", loss: "meanSquaredError", metrics: ["mae"] });
    const epochs: number[] = [];
    const history = await net.fit(x, y, {
      epochs: 3,
      verbose: 0,
      validationData: [x, y],
      callbacks: { onEpochEnd: async (epoch) => void epochs.push(epoch) },
    });
    expect(epochs).toEqual([0, 1, 2]);
    expect(Object.keys(history.history)).toEqual(["val_loss", "val_mae", "loss", "mae"]);
    const batches = [{ xs: tf.clone(x), ys: tf.clone(y) }];
    const iterator = () => {
      let position = 0;
      return { next: async () => ({ value: batches[position], done: position++ >= batches.length }) };
    };
    const dataset = { iterator: async () => iterator() };
    await net.fitDataset(dataset as never, { epochs: 1, verbose: 0 });
    const [loss] = net.evaluate(x, y) as tf.Scalar[];
    expect(loss!.dataSync()[0]).toBeGreaterThan(0);
    handle.dispose();
  });

  it("trains biases, norms and full layers in addition to A and B, and restores the base", async () => {
    const net = model();
    const base = weightsOf(net);
    const before = predict(net, x);
    const handle = enableLora(net, {
      rank: 2,
      layers: ["hidden"],
      config: { bias: "all", modulesToSave: ["norm", "score"] },
    });
    expect([...handle.variables.keys()].sort()).toEqual([
      "hidden.base_layer.bias",
      "hidden.lora_A.weight",
      "hidden.lora_B.weight",
      "norm.beta",
      "norm.gamma",
      "score.bias",
      "score.weight",
    ]);
    expect(predict(net, x)).toEqual(before);
    const started = [...handle.variables.values()].map((variable) => [...variable.dataSync()]);
    net.compile({ optimizer: tf.train.adam(0.05), loss: "meanSquaredError" });
    const { history } = await net.fit(x, y, { epochs: 30, verbose: 0 });
    const losses = history.loss as number[];
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
    [...handle.variables.values()].forEach((variable, index) => {
      expect([...variable.dataSync()]).not.toEqual(started[index]);
    });
    expect(weightsOf(net)).toEqual(base);
    handle.dispose();
    expect(predict(net, x)).toEqual(before);
  });

  it.each(["pissa", "olora", "orthogonal", "loftq"] as const)(
    "begins with %s as with any start that needs only the weight",
    (init) => {
      const net = model();
      const before = predict(net, x);
      const loftq = { init, loftqConfig: { loftq_bits: 4 } };
      const config = init === "loftq" ? loftq : { init };
      const handle = enableLora(net, { rank: 2, layers: ["hidden"], config });
      const started = predict(net, x);
      const apart = Math.max(...started.map((value, index) => Math.abs(value - before[index]!)));
      expect(apart).toBeLessThan(init === "loftq" ? 1 : 1e-5);
      handle.dispose();
      expect(predict(net, x)).toEqual(before);
    },
  );
});

describe("several adapters on a host model", () => {
  it("act together, by selection, or each on its own rows", () => {
    const net = model();
    const host = layersModel(net);
    const base = predict(net, x);
    const handles = ["a", "b"].map((name) => enableLora(net, { rank: 2, name, seed: name.length }));
    for (const handle of handles) stir(handle);
    const both = predict(net, x);
    const [a, b] = ["a", "b"].map((name) => host.within(activeAdapters(name), () => predict(net, x)));
    expect(host.within(activeAdapters("a", "b"), () => predict(net, x))).toEqual(both);
    const rows = Array.from({ length: 8 }, (_, row) => [null, "a", "b"][row % 3]!);
    const mixed = host.within(adapterRows(rows), () => predict(net, x));
    mixed.forEach((value, row) => {
      expect(value).toBeCloseTo([base, a!, b!][row % 3]![row]!, 5);
    });
    handles[0]!.dispose();
    expect(predict(net, x)).toEqual(b);
    handles[1]!.dispose();
    expect(predict(net, x)).toEqual(base);
  });
});

it("leaves moving averages as they are, which a batch would change", async () => {
  const { model: net, inputs } = guests["a block of MobileNet"]!();
  const base = weightsOf(net);
  const handle = enableLora(net, { rank: 1 });
  net.compile({ optimizer: "sgd", loss: "categoricalCrossentropy" });
  await net.fit(
    inputs,
    tf.tensor2d([
      [1, 0],
      [0, 1],
    ]),
    { epochs: 2, verbose: 0 },
  );
  expect(weightsOf(net)).toEqual(base);
  handle.dispose();
});
