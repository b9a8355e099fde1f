// A short notation for graphs of several nodes: each call adds a node and returns the name of its output.

import type { OnnxAttribute, OnnxGraph, OnnxInput, OnnxNode } from "../runtime/onnx-model.ts";

export class GraphWriter {
  readonly #nodes: OnnxNode[] = [];
  #count = 0;

  constructor(readonly inputs: readonly OnnxInput[]) {}

  /** A node with one output. */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    domain?: string,
  ) {
    const [output = ""] = this.nodes(op, inputs, 1, attributes, domain);
    return output;
  }

  /** A node with several outputs. */
  nodes(
    op: string,
    inputs: readonly string[],
    count: number,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    domain?: string,
  ): readonly string[] {
    const outputs = Array.from({ length: count }, () => `t${this.#count++}`);
    this.#nodes.push({ op, inputs, outputs, attributes, ...(domain === undefined ? {} : { domain }) });
    return outputs;
  }

  constant(value: number): string {
    return this.node("Constant", [], { value_float: { float: value } });
  }

  integers(values: readonly number[]): string {
    return this.node("Constant", [], { value_ints: values });
  }

  add = (a: string, b: string) => this.node("Add", [a, b]);
  subtract = (a: string, b: string) => this.node("Sub", [a, b]);
  multiply = (a: string, b: string) => this.node("Mul", [a, b]);
  /** x·factor + shift, for numbers. */
  scale = (x: string, factor: number) => this.multiply(x, this.constant(factor));
  shift = (x: string, amount: number) => this.add(x, this.constant(amount));
  sigmoid = (x: string) => this.node("Sigmoid", [x]);
  divide = (a: string, b: string) => this.node("Div", [a, b]);
  /** The mean of each row, kept as a column. */
  rowMean = (x: string) => this.node("ReduceMean", [x, this.integers([-1])], { keepdims: 1 });
  rowSum = (x: string) => this.node("ReduceSum", [x, this.integers([-1])], { keepdims: 1 });

  product(a: string, b: string, options: { transA?: boolean; transB?: boolean; alpha?: number } = {}): string {
    const { transA = false, transB = false, alpha = 1 } = options;
    const attributes = { transA: transA ? 1 : 0, transB: transB ? 1 : 0, alpha: { float: alpha } };
    return this.node("FusedMatMul", [a, b], attributes, "com.microsoft");
  }

  /** The graph with these values as its outputs. */
  finish(...outputs: readonly string[]): OnnxGraph {
    return { inputs: this.inputs, outputs, nodes: this.#nodes };
  }
}

/** Starts a graph with float32 inputs of these names. */
export function graphOf(...inputs: readonly string[]): GraphWriter {
  return new GraphWriter(inputs.map((name) => ({ name })));
}
