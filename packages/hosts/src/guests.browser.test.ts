// Host models in a page: the engine must start bit-identical to the base, give the losses of plain JavaScript, and restore the base.

import { createLoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import "@lowrank/engine/gradients";
import { differentiate } from "@lowrank/engine/internal";
import { injectAdapter, planInjection } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { layers, type Sequential, sequential } from "@tensorflow/tfjs-layers";
import { describe, expect, it } from "vitest";
import { testEngines, useEngine } from "../../engine/test/test-engines.ts";
import { adapt, predict } from "../test/adapted.ts";
import { GraphBuilder, waves } from "../test/build-graph.ts";
import { graphModel } from "./graph.ts";
import { layersModel } from "./layers.ts";

const [engine = "wasm"] = testEngines("wasm");
const shape = [2, 6, 6, 2];

/** A convolution, a depthwise one behind it, and a classifier; the same each time, with names, from which adapters start. */
function classifier(): Sequential {
  const model = sequential({
    layers: [
      layers.conv2d({
        inputShape: shape.slice(1),
        filters: 4,
        kernelSize: 3,
        padding: "same",
        activation: "relu",
        name: "strokes",
      }),
      layers.depthwiseConv2d({ kernelSize: 3, padding: "same", activation: "tanh", name: "fine" }),
      layers.flatten(),
      layers.dense({ units: 3, activation: "softmax", name: "score" }),
    ],
  });
  const values = model.weights.map(({ shape }, index) => tf.tensor(waves(shape as number[], index), shape as number[]));
  model.setWeights(values);
  tf.dispose(values);
  return model;
}

describe(`guests on ${engine}`, () => {
  it("a model of tf.layers trains with fit as on cpu, merges, and is restored", async () => {
    const [expected, found] = [await fitOn("cpu"), await fitOn(engine)];
    expect(expected.at(-1)).toBeLessThan(expected[0]! - 0.05);
    expectClose(found, expected, 1e-3);
  });

  it("a graph has the gradients that it has on cpu, merges, and is the base again", async () => {
    const [expected, found] = [await gradientsOn("cpu"), await gradientsOn(engine)];
    expect(expected.some((value) => Math.abs(value) > 1e-2)).toBe(true);
    expectClose(found, expected, 1e-3);
  });
});

async function fitOn(name: typeof engine): Promise<readonly number[]> {
  await useEngine(name);
  let losses: readonly number[] = [];
  const run = async () => {
    const model = classifier();
    const x = tf.tensor(waves(shape, 9), shape);
    const y = tf.tidy(() => tf.oneHot(tf.tensor1d([0, 2], "int32"), 3));
    const before = predict(model, x);
    const handle = adapt(model);
    expect(predict(model, x)).toEqual(before);
    const optimizer = tf.train.sgd(0.1);
    model.compile({ optimizer, loss: "categoricalCrossentropy" });
    losses = (await model.fit(x, y, { epochs: 4, batchSize: 2, shuffle: false, verbose: 0 })).history.loss as number[];
    const adapted = predict(model, x);
    const merged = await mergeAdapter(layersModel(model), handle);
    expectClose(predict(model, x), adapted, 1e-5);
    merged.undo();
    handle.dispose();
    expect(predict(model, x)).toEqual(before);
    optimizer.dispose();
    model.dispose();
    tf.dispose([x, y]);
  };
  await expectNoLeak(run);
  return losses;
}

/** The result of an adapter on the first of two convolutions, through a depthwise one between them. */
async function gradientsOn(name: typeof engine): Promise<readonly number[]> {
  await useEngine(name);
  const graph = new GraphBuilder();
  graph.input("x");
  const plain = { padding: "SAME", data_format: "NHWC", strides: [1, 1, 1, 1], dilations: [1, 1, 1, 1] };
  graph.constant("first", waves([3, 3, 2, 4]), [3, 3, 2, 4]);
  graph.node("Conv2D", "strokes", ["x", "first"], plain);
  graph.constant("fine", waves([3, 3, 4, 1], 2), [3, 3, 4, 1]);
  graph.node("DepthwiseConv2dNative", "channels", ["strokes", "fine"], plain);
  graph.node("Relu6", "bent", ["channels"]);
  graph.constant("last", waves([1, 1, 4, 3], 3), [1, 1, 4, 3]);
  graph.node("Conv2D", "y", ["bent", "last"], plain);
  const model = await graph.load();
  const host = graphModel(model);
  const config = createLoraConfig({ rank: 2, targetModules: ["first"], init: false });
  const x = tf.tensor(waves(shape, 9), shape);
  const base = host.forward(x).dataSync();
  const handle = injectAdapter(host, planInjection(host, config), { seed: 3 });
  const adapted = inferenceContext(activeAdapters(handle.name));
  const { value, gradients } = differentiate(() => host.forward(x, adapted), [...handle.variables.values()]);
  const merged = await mergeAdapter(host, handle);
  expectClose(host.forward(x).dataSync(), value.dataSync(), 1e-4);
  merged.undo();
  handle.dispose();
  expect(host.forward(x).dataSync()).toEqual(base);
  const numbers = gradients.flatMap((gradient) => [...(gradient?.dataSync() ?? [])]);
  tf.dispose([value, x, ...gradients.flatMap((gradient) => gradient ?? [])]);
  host.dispose();
  model.dispose();
  return numbers;
}
