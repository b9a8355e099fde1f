// Every kind of node that has a site, over shapes, strides, paddings and layouts: a new adapter changes nothing, gradients agree with
// central differences, merged is adapted, and nothing is left.

import { createLoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import "@lowrank/engine/gradients";
import { injectAdapter, planInjection } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import { expectClose } from "@lowrank/testing";
import type { GraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { testEngines, useEngine } from "../../../engine/test/test-engines.ts";
import { GraphBuilder, waves } from "../../test/build-graph.ts";
import { expectVariableGradients } from "../../test/variable-gradients.ts";
import { graphModel } from "../graph.ts";

const adapted = inferenceContext(activeAdapters("default"));
const size = fc.integer({ min: 1, max: 4 });
const activations = ["", "Relu", "Relu6", "Elu", "Sigmoid", "LeakyRelu", "Prelu"];

/** A graph whose node "y" computes with the constant "w" and the input "x". */
interface Case {
  readonly graph: GraphBuilder;
  readonly x: { readonly values: ArrayLike<number>; readonly shape: number[]; readonly dtype: "float32" | "int32" };
  /** Whether differences give its derivative, which an activation has not at its edge. */
  readonly isSmooth?: boolean;
}

const floats = (shape: number[]): Case["x"] => ({ values: waves(shape, 3), shape, dtype: "float32" });

const products = fc
  .record({
    op: fc.constantFrom("MatMul", "BatchMatMul", "BatchMatMulV2"),
    flips: fc.tuple(fc.boolean(), fc.boolean()),
    isLeft: fc.boolean(),
    sizes: fc.tuple(size, size, size),
    batch: size,
  })
  .map(({ op, flips: [a, b], isLeft, sizes: [rows, inner, columns], batch }): Case => {
    const graph = new GraphBuilder();
    graph.input("x");
    const [left, right] = [a ? [inner, rows] : [rows, inner], b ? [columns, inner] : [inner, columns]];
    const [weight, other] = isLeft ? [left, right] : [right, left];
    graph.constant("w", waves(weight), weight);
    const flags = op === "MatMul" ? { transpose_a: a, transpose_b: b } : { adj_x: a, adj_y: b };
    graph.node(op, "y", isLeft ? ["w", "x"] : ["x", "w"], flags);
    return { graph, x: floats(op === "MatMul" ? other : [batch, ...other]) };
  });

const fused = fc
  .record({ activation: fc.constantFrom(...activations), hasBias: fc.boolean(), sizes: fc.tuple(size, size, size) })
  .map(({ activation, hasBias: mayHaveBias, sizes: [rows, inner, columns] }): Case => {
    // TensorFlow.js takes prelu's slopes for a bias where there is none.
    const hasBias = mayHaveBias || activation === "Prelu";
    const graph = new GraphBuilder();
    graph.input("x");
    graph.constant("w", waves([inner, columns]), [inner, columns]);
    graph.node(
      "_FusedMatMul",
      "y",
      ["x", "w", ...extras(graph, activation, hasBias, columns)],
      fusedAttributes(activation, hasBias),
    );
    return { graph, x: floats([rows, inner]), isSmooth: isSmooth(activation) };
  });

const convolutions = fc
  .record({
    activation: fc.constantFrom("none", ...activations),
    hasBias: fc.boolean(),
    kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    stride: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
    dilation: fc.integer({ min: 1, max: 2 }),
    padding: fc.constantFrom("VALID", "SAME", "EXPLICIT"),
    image: fc.tuple(fc.integer({ min: 5, max: 7 }), fc.integer({ min: 5, max: 7 })),
    channels: fc.tuple(size, size),
  })
  .map(({ activation, hasBias, kernel, stride, dilation, padding, image, channels: [inner, outer] }): Case => {
    const graph = new GraphBuilder();
    graph.input("x");
    graph.constant("w", waves([...kernel, inner, outer]), [...kernel, inner, outer]);
    const isFused = activation !== "none";
    // TensorFlow.js strides or dilates, not both.
    const strides = dilation > 1 ? [1, 1, 1, 1] : [1, ...stride, 1];
    const attributes = {
      strides,
      dilations: [1, dilation, dilation, 1],
      padding,
      data_format: "NHWC",
      ...(padding === "EXPLICIT" ? { explicit_paddings: [0, 0, 1, 0, 0, 2, 0, 0] } : {}),
      ...(isFused ? fusedAttributes(activation, hasBias) : {}),
    };
    const inputs = ["x", "w", ...(isFused ? extras(graph, activation, hasBias, outer) : [])];
    graph.node(isFused ? "_FusedConv2D" : "Conv2D", "y", inputs, attributes);
    return { graph, x: floats([2, ...image, inner]), isSmooth: isSmooth(activation) };
  });

const einsums = fc
  .record({
    equation: fc.constantFrom("abc,cde->abde", "abcd,cde->abe", "ab,bc->ca", "abc,dc->dab", "ab,ca->cb"),
    isLeft: fc.boolean(),
    sizes: fc.array(size, { minLength: 5, maxLength: 5 }),
  })
  .map(({ equation, isLeft, sizes }): Case => {
    const [operands = "", result = ""] = equation.split("->");
    const [ofX = "", ofW = ""] = operands.split(",");
    const shape = (axes: string) => [...axes].map((axis) => sizes["abcde".indexOf(axis)]!);
    const graph = new GraphBuilder();
    graph.input("x");
    graph.constant("w", waves(shape(ofW)), shape(ofW));
    const written = isLeft ? `${ofW},${ofX}->${result}` : equation;
    graph.node("Einsum", "y", isLeft ? ["w", "x"] : ["x", "w"], { equation: written, N: 2 });
    return { graph, x: floats(shape(ofX)) };
  });

const tables = fc.record({ rows: size, width: size, ids: fc.tuple(size, size) }).map(({ rows, width, ids }): Case => {
  const graph = new GraphBuilder();
  graph.input("x", "int32");
  graph.constant("w", waves([rows, width]), [rows, width]);
  graph.constant("axis", [0], [], "int32");
  graph.node("GatherV2", "y", ["x", "w"].reverse().concat("axis"), { batch_dims: 0 });
  const values = Array.from({ length: ids[0] * ids[1] }, (_, index) => index % rows);
  return { graph, x: { values, shape: ids, dtype: "int32" } };
});

function isSmooth(activation: string): boolean {
  return ["none", "", "Sigmoid"].includes(activation);
}

function fusedAttributes(activation: string, hasBias: boolean) {
  const fused_ops = [...(hasBias ? ["BiasAdd"] : ["NoOp"]), ...(activation === "" ? [] : [activation])];
  return { fused_ops, num_args: Number(hasBias) + Number(activation === "Prelu"), leakyrelu_alpha: 0.3 };
}

function extras(graph: GraphBuilder, activation: string, hasBias: boolean, width: number): string[] {
  const bias = hasBias ? [graph.constant("b", waves([width], 2), [width])] : [];
  return activation === "Prelu" ? [...bias, graph.constant("slopes", waves([width], 4), [width])] : bias;
}

async function check({ graph, x, isSmooth = true }: Case): Promise<void> {
  const model: GraphModel = await graph.load();
  const input = tf.tensor(Array.from(x.values), x.shape, x.dtype);
  const before = tf.memory().numTensors;
  const host = graphModel(model);
  expect(host.refused).toEqual([]);
  const handle = injectAdapter(host, planInjection(host, createLoraConfig({ rank: 2, targetModules: ["w"] })), {
    seed: 3,
  });
  const base = model.execute(input, "y") as tf.Tensor;
  const start = host.forward(input, adapted, "y");
  expect(start.dataSync()).toEqual(base.dataSync());
  let phase = 0;
  for (const variable of handle.variables.values()) {
    phase += 1;
    const values = tf.tensor(waves(variable.shape, phase), variable.shape);
    variable.assign(values);
    values.dispose();
  }
  if (isSmooth)
    expectVariableGradients(() => tf.square(host.forward(input, adapted, "y")), [...handle.variables.values()], 4);
  const changed = host.forward(input, adapted, "y");
  const merged = await mergeAdapter(host, handle);
  const after = host.forward(input, undefined, "y");
  const scale = Math.max(1, ...Array.from(changed.dataSync(), Math.abs));
  expectClose(after.dataSync(), changed.dataSync() as Float32Array, 1e-5 * scale);
  merged.undo();
  handle.dispose();
  const restored = host.forward(input, adapted, "y");
  expect(restored.dataSync()).toEqual(base.dataSync());
  host.dispose();
  tf.dispose([base, start, changed, after, restored]);
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose(input);
  model.dispose();
}

const kinds = { products, fused, convolutions, einsums, tables };

describe.each(testEngines("cpu", "wasm", "native"))("a node with a site, on %s", (engine) => {
  beforeAll(() => useEngine(engine));

  // tfjs-backend-wasm has no einsum.
  const tested = Object.entries(kinds).filter(([name]) => engine !== "wasm" || name !== "einsums");

  it.each(tested)("%s: starts at zero, learns, merges and leaves nothing behind", async (_, kind) => {
    await fc.assert(fc.asyncProperty(kind, check), { numRuns: 25, seed: 7 });
  });
});
