import { createLoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import "@lowrank/engine/gradients";
import { injectAdapter, planInjection } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import { expectClose } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { GraphBuilder, waves } from "../../../test/build-graph.ts";

import { graphModel } from "../graph-host.ts";
import { graphModelFiles, graphModelReader } from "./graph-model-files.ts";
import { mergedArtifacts } from "./merged-artifacts.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

/** x·W + b, and a text constant, with W in 8 bits and b in 16. */
function quantized(): GraphBuilder {
  const graph = new GraphBuilder();
  graph.input("x");
  const text = new TextEncoder().encode("é");
  graph.stored("label", Uint8Array.from([text.length, 0, 0, 0, ...text]), {
    name: "label",
    shape: [],
    dtype: "string",
  });
  const matrix = Uint8Array.from({ length: 12 }, (_, index) => (index * 37) % 256);
  const scale = { dtype: "uint8", min: -1, scale: 2 / 255 } as const;
  graph.stored("kernel", matrix, { name: "kernel", shape: [3, 4], dtype: "float32", quantization: scale });
  const halves = new Uint8Array(Uint16Array.from([0x3c00, 0xbc00, 0x3800, 0]).buffer);
  graph.stored("bias", halves, { name: "bias", shape: [4], dtype: "float32", quantization: { dtype: "float16" } });
  graph.node("MatMul", "product", ["x", "kernel"]);
  graph.node("BiasAdd", "sum", ["product", "bias"]);
  return graph;
}

describe("mergedArtifacts", () => {
  it("without a merge equal the loaded artifacts, byte for byte", async () => {
    const model = await quantized().load();
    const host = graphModel(model);
    const { artifacts, changed, decoded } = await mergedArtifacts(host);
    expect([changed, decoded]).toEqual([[], []]);
    expect(new Uint8Array(artifacts.weightData as ArrayBuffer)).toEqual(
      new Uint8Array(quantized().artifacts().weightData as ArrayBuffer),
    );
    expect(artifacts.weightSpecs).toEqual(quantized().artifacts().weightSpecs);
    host.dispose();
    model.dispose();
  });

  it("are refused while an adapter is attached", async () => {
    const model = await quantized().load();
    const host = graphModel(model);
    const plan = planInjection(host, createLoraConfig({ rank: 2, targetModules: ["kernel"] }));
    const handle = injectAdapter(host, plan, { seed: 1 });
    await expect(mergedArtifacts(host)).rejects.toThrow(expect.objectContaining({ code: "HOST_UNMERGED" }));
    handle.dispose();
    host.dispose();
    model.dispose();
  });

  it("load in plain TensorFlow.js from files and equal the adapter's results; only the merged weight is decoded", async () => {
    const model = await quantized().load();
    const host = graphModel(model);
    const plan = planInjection(host, createLoraConfig({ rank: 2, targetModules: ["kernel"], init: false }));
    const handle = injectAdapter(host, plan, { seed: 1 });
    const x = tf.tensor2d(waves([5, 3]), [5, 3]);
    const adapted = host.forward(x, inferenceContext(activeAdapters("default")), "sum").dataSync();
    await mergeAdapter(host, handle);
    const { artifacts, changed, decoded } = await mergedArtifacts(host);
    expect([changed, decoded]).toEqual([["kernel"], ["kernel"]]);
    expect(artifacts.weightSpecs?.map(({ name, quantization }) => [name, quantization?.dtype])).toEqual([
      ["label", undefined],
      ["kernel", undefined],
      ["bias", "float16"],
    ]);
    const files = graphModelFiles(artifacts);
    const plain = await loadGraphModel(graphModelReader(async (name) => files.get(name)!));
    expectClose((plain.execute(x, "sum") as tf.Tensor).dataSync(), adapted, 1e-5);
    expect(plain.weights.label?.[0]?.dataSync()).toEqual(["é"]);
    plain.dispose();
    handle.dispose();
    host.dispose();
    model.dispose();
  });
});
