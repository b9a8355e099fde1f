import { createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import type { ConvolutionGeometry } from "@lowrank/contracts/internal";
import { ConvolutionSite } from "@lowrank/engine/hook-points";
import "@lowrank/engine/gradients";
import { uniform } from "@lowrank/engine/internal";
import { attachAdapter, injectAdapter, planInjection } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import { expectClose, type FixtureTensor } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Net } from "./net.ts";

const plain: ConvolutionGeometry = { kernel: [1, 3], strides: [1, 1], padding: [0, 1], dilations: [1, 1], groups: 1 };

/** A convolution in two groups, a dilated one, and one along a line as torch's Conv1d. */
function convolutions(): Net {
  const grouped = siteOf("grouped", { ...plain, kernel: [3, 3], strides: [2, 2], padding: [1, 1], groups: 2 });
  const dilated = siteOf("dilated", { ...plain, kernel: [3, 3], padding: [2, 2], dilations: [2, 2] });
  const line = siteOf("line", { ...plain, strides: [1, 2], axesInFile: 1 });
  const parts = [grouped, dilated, line];
  const slots = parts.flatMap((part) => part.slots);
  const weights = new Map(
    slots.map(({ path, shape }): [string, FixtureTensor] => {
      const drawn = uniform(shape, -1, 1, { seed: 5, path });
      const values = Float32Array.from(drawn.dataSync());
      drawn.dispose();
      return [path, { dtype: "F32", shape, values }];
    }),
  );
  return new Net(parts, weights, ({ pixelValues }, context) => {
    const image = tf.tanh(grouped.forward(pixelValues as tf.Tensor4D, context));
    const hidden = tf.tanh(dilated.forward(image, context)); // [batch, height, width, channels]
    const [batch = 0, height = 0, width = 0, channels = 0] = hidden.shape;
    return line.forward(tf.reshape(hidden, [batch, height * width, channels]), context); // [batch, time, channels]
  });
}

function siteOf(path: string, geometry: ConvolutionGeometry): ConvolutionSite {
  return new ConvolutionSite({ path, inFeatures: 4, outFeatures: 4, bias: true, geometry });
}

const lora = { rank: 2, alpha: 6, targetModules: ["grouped", "dilated", "line"] } as const;
const variants: readonly (readonly [string, Partial<LoraConfig>])[] = [
  ["LoRA", lora],
  ["a bias on B", { ...lora, loraBias: true }],
  ["DoRA", { ...lora, targetModules: ["dilated", "line"], useDora: true }],
];

describe("convolutions of every kind", () => {
  let net: Net;
  let images: tf.Tensor4D;
  let before: number;

  beforeEach(async () => {
    await tf.setBackend("cpu");
    before = tf.memory().numTensors;
    net = convolutions();
    images = uniform([2, 7, 6, 4], -1, 1, { seed: 5, path: "images" }) as tf.Tensor4D;
  });
  afterEach(() => {
    net.dispose();
    images.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  const context = inferenceContext(activeAdapters("default"));
  const run = (name?: string) =>
    tf.tidy(() => {
      const labels = tf.tensor1d([0], "int32");
      const chosen = name === undefined ? inferenceContext() : inferenceContext(activeAdapters(name));
      return net.forward({ pixelValues: images, labels }, chosen).dataSync();
    });
  const inject = (config: Partial<LoraConfig>) => {
    const handle = injectAdapter(net, planInjection(net, createLoraConfig(config)), { seed: 7 });
    for (const variable of handle.variables.values())
      tf.tidy(() =>
        variable.assign(tf.add(variable, uniform(variable.shape, -0.3, 0.3, { seed: 1, path: variable.name }))),
      );
    return handle;
  };

  it.each(variants)("%s: a new adapter changes nothing", (_, config) => {
    const base = run();
    const handle = injectAdapter(net, planInjection(net, createLoraConfig(config)), { seed: 7 });
    expectClose(run("default"), base, 1e-5);
    handle.dispose();
  });

  it.each(variants)("%s: every variable is trained, and saved as it computes", async (_, config) => {
    const handle = inject(config);
    const labels = tf.tensor1d([0], "int32");
    const { value, grads } = tf.variableGrads(
      () => tf.sum(tf.square(net.forward({ pixelValues: images, labels }, context))) as tf.Scalar,
      [...handle.variables.values()],
    );
    for (const [key, { name }] of handle.variables)
      expect(
        tf.tidy(() => tf.max(tf.abs(grads[name]!)).dataSync()[0]),
        key,
      ).toBeGreaterThan(0);
    tf.dispose([value, grads, labels]);
    const [trained, adapter] = [run("default"), await handle.toAdapter()];
    handle.dispose();
    const again = attachAdapter(net, adapter);
    expect(run("default")).toEqual(trained);
    again.dispose();
  });

  it("merges convolutions without groups, and undoes it to the bit", async () => {
    for (const [, config] of variants) {
      const [base, handle] = [run(), inject({ ...config, targetModules: ["dilated", "line"] })];
      const adapted = run("default");
      const merged = await mergeAdapter(net, handle);
      expectClose(run(), adapted, 1e-4);
      merged.undo();
      expect(run()).toEqual(base);
      handle.dispose();
    }
  });

  it("reports which of them cannot be merged or adapted", async () => {
    const handle = inject(lora);
    await expect(mergeAdapter(net, handle)).rejects.toThrow(expect.objectContaining({ code: "UNMERGEABLE" }));
    handle.dispose();
    const plan = (config: Partial<LoraConfig>) => () => planInjection(net, createLoraConfig({ ...lora, ...config }));
    expect(plan({ rank: 3 })).toThrow(/2 groups do not divide the rank 3/);
    expect(plan({ init: "pissa" })).toThrow(/"line".*pissa/);
  });
});
