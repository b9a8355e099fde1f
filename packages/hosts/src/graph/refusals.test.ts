import { createLoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { differentiate } from "@lowrank/engine/internal";
import "@lowrank/engine/gradients";
import { type AdapterHandle, injectAdapter, planInjection } from "@lowrank/inject";
import { UnsupportedSiteError } from "@lowrank/inject/internal";
import "@tensorflow/tfjs-backend-cpu";
import { GraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { GraphBuilder, waves } from "../../test/build-graph.ts";
import { attachLora, type GraphHost, graphModel, loraOf } from "../graph.ts";

const adapted = inferenceContext(activeAdapters("default"));
const x = () => tf.tensor2d(waves([4, 3], 4), [4, 3]);

beforeAll(async () => {
  await tf.setBackend("cpu");
});

/** first = x·w1, and whatever `more` adds behind it. */
async function hostOf(more: (graph: GraphBuilder) => void = () => {}): Promise<GraphHost> {
  const graph = new GraphBuilder();
  graph.input("x");
  graph.constant("w1", waves([3, 2]), [3, 2]);
  graph.node("MatMul", "first", ["x", "w1"]);
  more(graph);
  return graphModel(await graph.load());
}

function inject(
  host: GraphHost,
  fields: Parameters<typeof createLoraConfig>[0] = { targetModules: ["w1"] },
): AdapterHandle {
  const config = createLoraConfig({ rank: 2, init: false, ...fields });
  return injectAdapter(host, planInjection(host, config), { seed: 1, baseFingerprint: host.fingerprint });
}

const gradientsOf = (host: GraphHost, handle: AdapterHandle, output: string) =>
  differentiate(() => tf.sum(host.forward(x(), adapted, output)), [...handle.variables.values()]).gradients;

describe("a layer that cannot have an adapter", () => {
  const depthwise = (graph: GraphBuilder) => {
    graph.input("image");
    graph.constant("fine/kernel", waves([3, 3, 2, 1]), [3, 3, 2, 1]);
    graph.node("DepthwiseConv2dNative", "fine", ["image", "fine/kernel"], {
      strides: [1, 1, 1, 1],
      dilations: [1, 1, 1, 1],
      padding: "SAME",
      data_format: "NHWC",
    });
  };

  it("is listed with its operation and the reason, and in the error of targeting it", async () => {
    const host = await hostOf(depthwise);
    expect(host.refused.map(({ node, op, weight }) => [node, op, weight])).toEqual([
      ["fine", "DepthwiseConv2dNative", "fine/kernel"],
    ]);
    expect(() => inject(host, { targetModules: ["fine.kernel"] })).toThrow(UnsupportedSiteError);
    expect(() => inject(host, { targetModules: ["fine.kernel"] })).toThrow(/depthwise/);
    expect(planInjection(host, createLoraConfig({ targetModules: "all-linear" })).parts).toHaveLength(1);
  });

  it("is trained in full as a saved module", async () => {
    const host = await hostOf(depthwise);
    const handle = inject(host, { targetModules: ["w1"], modulesToSave: ["fine.kernel"] });
    const image = tf.ones([1, 4, 4, 2]);
    const variable = handle.variables.get("fine.kernel.weight")!;
    const { gradients } = differentiate(() => tf.sum(host.forward({ image }, adapted, "fine")), [variable]);
    expect(gradients[0]?.shape).toEqual([3, 3, 2, 1]);
    const before = host.forward({ image }, adapted, "fine").dataSync();
    variable.assign(tf.zeros([3, 3, 2, 1]));
    expect(host.forward({ image }, adapted, "fine").dataSync()).not.toEqual(before);
    expect(host.forward({ image }, undefined, "fine").dataSync()).toEqual(before);
    handle.dispose();
    host.dispose();
  });

  it.each([
    [
      "a stack of matrices",
      "is not a single matrix",
      (graph: GraphBuilder) => {
        graph.constant("stack", waves([2, 2, 2]), [2, 2, 2]);
        graph.node("BatchMatMulV2", "other", ["first", "stack"]);
      },
    ],
    [
      "a weight that something else computes with",
      "another way",
      (graph: GraphBuilder) => {
        graph.constant("twice", waves([2, 2]), [2, 2]);
        graph.node("MatMul", "other", ["first", "twice"]);
        graph.node("AddV2", "sum", ["other", "twice"]);
      },
    ],
    [
      "channels that come first",
      "NCHW",
      (graph: GraphBuilder) => {
        graph.input("image");
        graph.constant("kernel", waves([1, 1, 2, 2]), [1, 1, 2, 2]);
        graph.node("Conv2D", "other", ["image", "kernel"], {
          strides: [1, 1, 1, 1],
          padding: "SAME",
          data_format: "NCHW",
        });
      },
    ],
    [
      "an einsum with a matrix for each row",
      "not a product",
      (graph: GraphBuilder) => {
        graph.constant("kernel", waves([4, 2, 2]), [4, 2, 2]);
        graph.node("Einsum", "other", ["first", "kernel"], { equation: "bi,bij->bj" });
      },
    ],
  ] as const)("is %s", async (_, reason, more) => {
    const host = await hostOf(more);
    expect(host.refused.map((one) => one.reason).join()).toContain(reason);
  });
});

describe("a gradient", () => {
  it("that a node blocks is refused with the node's name, and in the next step too", async () => {
    const host = await hostOf((graph) => {
      graph.constant("count", [1], [], "int32");
      graph.node("TopKV2", "blocking", ["first", "count"], { sorted: true });
      graph.node("Neg", "result", ["blocking"]);
    });
    const handle = inject(host);
    for (const _ of [1, 2]) {
      expect(() => gradientsOf(host, handle, "result")).toThrow(
        expect.objectContaining({ code: "GRAPH_WITHOUT_GRADIENT" }),
      );
      expect(() => gradientsOf(host, handle, "result")).toThrow(/"blocking" \(TopKV2\)/);
    }
    expect(gradientsOf(host, handle, "first").every((gradient) => gradient !== undefined)).toBe(true);
    handle.dispose();
    host.dispose();
  });

  it("ignores nodes whose values are integers", async () => {
    const host = await hostOf((graph) => {
      graph.constant("axis", [1], [], "int32");
      graph.node("ArgMax", "best", ["first", "axis"]);
      graph.constant("table", waves([2, 2], 9), [2, 2]);
      graph.constant("zero", [0], [], "int32");
      graph.node("GatherV2", "row", ["table", "best", "zero"]);
      graph.node("Mul", "result", ["first", "row"]);
    });
    const handle = inject(host);
    for (const _ of [1, 2])
      expect(gradientsOf(host, handle, "result").every((gradient) => gradient !== undefined)).toBe(true);
    handle.dispose();
    host.dispose();
  });
});

describe("shapes that depend on values", () => {
  const chosen = (graph: GraphBuilder, of: string, name: string) => {
    graph.constant(`${name}/zero`, [0], []);
    graph.node("Greater", `${name}/isMore`, [of, `${name}/zero`]);
    graph.node("Where", `${name}/places`, [`${name}/isMore`], { T: "DT_BOOL" });
    graph.node("GatherNd", name, [of, `${name}/places`]);
  };

  it("before the adapted layers are prepared once for any number of steps", async () => {
    const host = await hostOf((graph) => {
      chosen(graph, "x", "positive");
      graph.constant("flat", [-1, 1], [2], "int32");
      graph.node("Reshape", "column", ["positive", "flat"]);
      graph.constant("w2", waves([1, 2], 8), [1, 2]);
      graph.node("MatMul", "result", ["column", "w2"]);
    });
    const handle = inject(host, { targetModules: ["w2"] });
    const options = { context: adapted, outputs: ["result"] };
    expect(() => host.execute(x(), options)).toThrow(expect.objectContaining({ code: "GRAPH_DYNAMIC" }));
    expect(() => host.execute(x(), options)).toThrow(/prepare/);
    const given = await host.prepare(x(), options);
    const [sync] = host.execute(given, options);
    const [async] = await host.executeAsync(x(), options);
    expect(sync!.dataSync()).toEqual(async!.dataSync());
    const { gradients } = differentiate(
      () => tf.sum(host.forward(given, adapted, "result")),
      [...handle.variables.values()],
    );
    expect(gradients.every((gradient) => gradient !== undefined)).toBe(true);
    handle.dispose();
    host.dispose();
  });

  it("after an adapted layer run in executeAsync, and are named if a gradient must pass", async () => {
    const host = await hostOf((graph) => chosen(graph, "first", "positive"));
    const handle = inject(host);
    const options = { context: adapted, outputs: ["positive"] };
    expect(() => host.execute(x(), options)).toThrow(/positive\/places.*Where/s);
    const [values] = await host.executeAsync(x(), options);
    const expected = [...host.forward(x(), adapted, "first").dataSync()].filter((value) => value > 0);
    expect([...values!.dataSync()]).toEqual(expected);
    handle.dispose();
    host.dispose();
  });
});

describe("names and states", () => {
  it("that are wrong are refused", async () => {
    const host = await hostOf();
    const handle = inject(host);
    expect(() => host.forward({}, adapted)).toThrow(expect.objectContaining({ code: "GRAPH_NAME" }));
    expect(() => host.forward({ y: x() }, adapted)).toThrow(/no node "y"/);
    expect(() => host.forward(x(), adapted, "third")).toThrow(expect.objectContaining({ code: "GRAPH_NAME" }));
    expect(() => host.forward([], adapted)).toThrow(expect.objectContaining({ code: "GRAPH_NAME" }));
    expect(() => inject(host)).toThrow(expect.objectContaining({ code: "ADAPTER_EXISTS" }));
    expect(() => host.dispose()).toThrow(expect.objectContaining({ code: "HOST_IN_USE" }));
    handle.dispose();
    host.dispose();
    expect(() => host.forward(x())).toThrow(expect.objectContaining({ code: "HOST_DISPOSED" }));
  });

  it("values from before an adapter was attached are refused after it", async () => {
    const host = await hostOf((graph) => graph.node("Neg", "result", ["first"]));
    const first = host.forward(x(), undefined, "first");
    const handle = inject(host);
    expect(() => host.forward({ first }, adapted, "result")).toThrow(
      expect.objectContaining({ code: "GRAPH_INPUT_STALE" }),
    );
    expect(host.forward({ first }, undefined, "result").shape).toEqual([4, 2]);
    handle.dispose();
    host.dispose();
  });

  it("a model that was not loaded, or lost its weights, is refused", async () => {
    expect(() => graphModel(new GraphModel("nowhere"))).toThrow(expect.objectContaining({ code: "GRAPH_UNREADABLE" }));
    const graph = new GraphBuilder();
    graph.input("x");
    graph.constant("w1", waves([3, 2]), [3, 2]);
    graph.node("MatMul", "first", ["x", "w1"]);
    const model = await graph.load();
    delete model.weights.w1;
    expect(() => graphModel(model)).toThrow(expect.objectContaining({ code: "GRAPH_WITHOUT_WEIGHTS" }));
  });

  it("an adapter of another graph is refused with the differences", async () => {
    const host = await hostOf();
    const handle = inject(host);
    const adapter = await loraOf(handle);
    handle.dispose();
    attachLora(host, adapter).dispose();
    const graph = new GraphBuilder();
    graph.input("x");
    graph.constant("w1", waves([3, 4]), [3, 4]);
    graph.node("MatMul", "first", ["x", "w1"]);
    const other = graphModel(await graph.load());
    expect(() => attachLora(other, adapter)).toThrow(expect.objectContaining({ code: "ADAPTER_FOR_ANOTHER_TOPOLOGY" }));
    expect(() => attachLora(other, adapter)).toThrow(/- w1 Const float32\[3,2\]\n.*\+ w1 Const float32\[3,4\]/s);
    expect(() => attachLora(other, adapter, { allowDifferentBase: true })).toThrow(/w1\.lora_B/);
  });
});
