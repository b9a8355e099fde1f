import { createLoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { differentiate } from "@lowrank/engine/internal";
import "@lowrank/engine/gradients";
import { type AdapterHandle, injectAdapter, planInjection } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import { expectClose, expectNoLeak } from "@lowrank/testing";
import { expectVariableGradients } from "../../test/variable-gradients.ts";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { GraphBuilder, waves } from "../../test/build-graph.ts";
import { type GraphHost, graphModel } from "../graph.ts";

const adapted = inferenceContext(activeAdapters("default"));

beforeAll(async () => {
  await tf.setBackend("cpu");
});

/** activation(x·W1 + b1)·W2, x [rows, 3] → [rows, 2]. */
function twoLayers(activation = "Relu"): GraphBuilder {
  const graph = new GraphBuilder();
  graph.input("x");
  graph.constant("model/first/kernel", waves([3, 4]), [3, 4]);
  graph.constant("model/first/bias", waves([4], 2), [4]);
  graph.node("_FusedMatMul", "model/first/out", ["x", "model/first/kernel", "model/first/bias"], {
    fused_ops: ["BiasAdd", activation],
    num_args: 1,
  });
  graph.constant("model/second/kernel", waves([4, 2], 3), [4, 2]);
  graph.node("MatMul", "model/second/out", ["model/first/out", "model/second/kernel"]);
  return graph;
}

function inject(host: GraphHost, rank = 2): AdapterHandle {
  const plan = planInjection(host, createLoraConfig({ rank, alpha: 4, targetModules: "all-linear" }));
  return injectAdapter(host, plan, { seed: 7, baseFingerprint: host.fingerprint });
}

/** As if it had been trained. */
function move(handle: AdapterHandle): void {
  let phase = 5;
  for (const variable of handle.variables.values()) {
    phase += 1;
    const values = tf.tensor(waves(variable.shape, phase), variable.shape);
    variable.assign(values);
    values.dispose();
  }
}

const x = () => tf.tensor2d(waves([5, 3], 4), [5, 3]);

describe("graphModel", () => {
  it("has products as sites with the names of their weights, with a fused bias, and nothing twice", async () => {
    const model = await twoLayers().load();
    const host = graphModel(model);
    expect(
      host
        .sites()
        .map(({ path, kind, inFeatures, outFeatures, hasBias }) => [path, kind, inFeatures, outFeatures, hasBias]),
    ).toEqual([
      ["model.first.kernel", "linear", 3, 4, true],
      ["model.second.kernel", "linear", 4, 2, false],
    ]);
    expect(host.parameters().map(({ path }) => path)).toEqual([
      "model.first.kernel.weight",
      "model.first.bias",
      "model.second.kernel.weight",
    ]);
    host.dispose();
    model.dispose();
  });

  it("computes the same bits as the model, with a new adapter and after it is removed", async () => {
    const model = await twoLayers().load();
    const host = graphModel(model);
    const input = x();
    const base = (model.execute(input) as tf.Tensor).dataSync();
    const handle = inject(host);
    expect(host.forward(input, adapted).dataSync()).toEqual(base);
    move(handle);
    expect(host.forward(input, adapted).dataSync()).not.toEqual(base);
    expect(host.forward(input).dataSync()).toEqual(base);
    handle.dispose();
    expect(host.forward(input, adapted).dataSync()).toEqual(base);
    host.dispose();
    model.dispose();
  });

  it("has the same gradient of every variable as central differences", async () => {
    const model = await twoLayers("Sigmoid").load();
    const host = graphModel(model);
    const handle = inject(host);
    move(handle);
    const input = x();
    expectVariableGradients(() => tf.square(host.forward(input, adapted)), [...handle.variables.values()]);
    handle.dispose();
    host.dispose();
    model.dispose();
  });

  it("computes the same merged as adapted, and returns the merged constants", async () => {
    const model = await twoLayers().load();
    const host = graphModel(model);
    const handle = inject(host);
    move(handle);
    const input = x();
    const before = host.forward(input, adapted).dataSync();
    const merged = await mergeAdapter(host, handle);
    expectClose(host.forward(input).dataSync(), before, 1e-5);
    const replaced = host.replaced();
    expect([...replaced].map(([name, { shape }]) => [name, shape])).toEqual([
      ["model/first/kernel", [3, 4]],
      ["model/second/kernel", [4, 2]],
    ]);
    tf.dispose([...replaced.values()]);
    merged.undo();
    handle.dispose();
    expect(host.forward(input).dataSync()).toEqual((model.execute(input) as tf.Tensor).dataSync());
    host.dispose();
    model.dispose();
  });

  it("leaves no tensor behind after attaching, a step, merging and disposing", async () => {
    const model = await twoLayers().load();
    await expectNoLeak(async () => {
      const host = graphModel(model);
      const handle = inject(host);
      const input = x();
      const { value, gradients } = differentiate(
        () => tf.sum(host.forward(input, adapted)),
        [...handle.variables.values()],
      );
      const merged = await mergeAdapter(host, handle);
      tf.dispose([value, ...gradients.flatMap((gradient) => gradient ?? []), host.forward(input), input]);
      merged.undo();
      handle.dispose();
      host.dispose();
    });
    model.dispose();
  });
});
