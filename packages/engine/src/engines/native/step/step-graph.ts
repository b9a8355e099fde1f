// A plan as one graph. Matrices in float32 enter it as they lie in memory; those in fewer bits become part of it, for only
// constants are brought into the order in which the processor reads them.

import type * as tf from "@tensorflow/tfjs-core";
import type { StepActivation, StepAttention, StepNode, StepNorm, StepPlan } from "../../../step/step-plan.ts";
import type { StepFactor } from "../../../step/step-weight.ts";
import type { Int8Constant } from "../int8/native-int8-weights.ts";
import { evenBlocks } from "../kept-blocks.ts";
import { GraphWriter } from "../kernels/graph.ts";
import { addBlockProduct, type EvenBlocks, sumBlocks } from "../operations/block-product-graph.ts";
import type { OnnxConstant, OnnxGraph, OnnxInput } from "../runtime/onnx-model.ts";
import type { SessionOptions } from "../runtime/onnx-runtime.ts";
import type { Packing } from "../runtime/packing.ts";
import type { StepBackend } from "./step-backend.ts";

/** What an input of the graph is. */
export type StepFeed =
  | { readonly kind: "hidden" | "last" | "total" }
  | { readonly kind: "cos" | "sin" | "key" | "value"; readonly attention: StepAttention }
  | { readonly kind: "tensor"; readonly tensor: tf.Tensor }
  | { readonly kind: "factor"; readonly factor: number };

export interface StepGraph {
  readonly graph: OnnxGraph;
  /** In the order of the graph's inputs. */
  readonly feeds: readonly StepFeed[];
  /** Each gives back its keys and values behind the graph's result. */
  readonly attentions: readonly StepAttention[];
  /** Features of the result. */
  readonly width: number;
  /** Constants that other sessions have as well. */
  readonly shared: SessionOptions["shared"];
}

/** Undefined where a weight lies in a way that graphs cannot multiply by. */
export function stepGraph(backend: StepBackend, { nodes }: StepPlan, width: number): StepGraph | undefined {
  const draft = new Draft(backend, width);
  for (const node of nodes) if (!draft.add(node)) return undefined;
  return draft.finish();
}

/** A value's name and how many features it has. */
interface Value {
  readonly name: string;
  readonly width: number;
}

class Draft {
  readonly #inputs: OnnxInput[] = [];
  readonly #feeds: StepFeed[] = [];
  readonly #constants: OnnxConstant[] = [];
  readonly #attentions: StepAttention[] = [];
  readonly #kept: string[] = [];
  readonly #sums = new Map<string, string>();
  /** Values in 8 bits: codes, what a code of 1 stands for, and which code stands for 0. */
  readonly #rounded = new Map<string, readonly string[]>();
  readonly #shared: OnnxConstant[] = [];
  #packing: Packing | undefined;
  readonly #g = new GraphWriter(this.#inputs);
  readonly #values: Value[];

  constructor(
    private readonly backend: StepBackend,
    width: number,
  ) {
    this.#values = [{ name: this.#input("hidden", { kind: "hidden" }), width }];
  }

  /** False where it cannot. */
  add(node: StepNode): boolean {
    const made = this.#made(node);
    if (made !== undefined) this.#values.push(made);
    return made !== undefined;
  }

  finish(): StepGraph {
    const { name, width } = this.#value(this.#values.length - 1);
    const graph = { ...this.#g.finish(name, ...this.#kept), constants: this.#constants };
    const shared = this.#packing && { packing: this.#packing, constants: this.#shared };
    return { graph, feeds: this.#feeds, attentions: this.#attentions, width, shared };
  }

  #made(node: StepNode): Value | undefined {
    if (node.op === "attention") return this.#attended(node.attention);
    const g = this.#g;
    const { name, width } = this.#value(node.x);
    switch (node.op) {
      case "linear":
        return this.#product(name, node);
      case "low-rank": {
        const { a, b, scale } = node.branch;
        const narrow = g.multiply(g.product(name, this.#tensor(a)), this.#factor(scale)); // [1, time, rank]
        const output = this.#value(node.output);
        return { ...output, name: g.add(output.name, g.product(narrow, this.#tensor(b))) };
      }
      case "norm":
        return { name: this.#normed(name, width, node.norm), width };
      case "activation":
        return { name: activated(g, name, node.name), width };
      case "add":
        return { name: g.add(name, this.#value(node.y).name), width };
      case "multiply":
        return { name: g.multiply(name, this.#value(node.y).name), width };
      case "scale":
        return { name: g.scale(name, node.factor), width };
      case "cap":
        return { name: g.scale(g.node("Tanh", [g.scale(name, 1 / node.factor)]), node.factor), width };
      case "part": {
        const [first, end] = [g.integers([node.first]), g.integers([node.first + node.width])];
        return { name: g.node("Slice", [name, first, end, g.integers([2])]), width: node.width };
      }
    }
  }

  #product(x: string, { weight, bias }: Extract<StepNode, { op: "linear" }>): Value | undefined {
    const factor = weight.stepFactor;
    const product = factor && this.#multiplied(x, factor);
    if (product === undefined) return undefined;
    const name = bias === undefined ? product : this.#g.add(product, this.#tensor(bias));
    return { name, width: weight.outFeatures };
  }

  #multiplied(x: string, factor: StepFactor): string | undefined {
    if (factor.kind === "float32")
      return this.#g.product(x, this.#tensor(factor.matrix), { transB: factor.isTransposed });
    if (factor.kind === "int8") return this.#multipliedInteger(x, this.backend.int8Weights.constant(factor.weight));
    const blocks = evenBlocks(factor.matrix);
    if (blocks === undefined) return undefined;
    const sumsOf = (g: GraphWriter, of: string, matrix: EvenBlocks) => {
      const key = `${of} ${matrix.blockSize}`;
      // Reshaped as x is: a batch of one.
      const sums = this.#sums.get(key) ?? g.node("Unsqueeze", [sumBlocks(g, of, matrix), g.integers([0])]);
      this.#sums.set(key, sums);
      return sums;
    };
    const { value, constants } = addBlockProduct(this.#g, x, blocks, { name: `${this.#constants.length}`, sumsOf });
    this.#constants.push(...constants);
    return value;
  }

  #multipliedInteger(x: string, { codes, inner, columns, columnScales, packing }: Int8Constant): string | undefined {
    if (this.#packing !== undefined && this.#packing !== packing) return undefined;
    this.#packing = packing;
    const g = this.#g;
    const rounded = this.#rounded.get(x) ?? g.nodes("DynamicQuantizeLinear", [x], 3);
    this.#rounded.set(x, rounded);
    const [row = "", step = "", zero = ""] = rounded;
    const name = `${this.#constants.length}`;
    const weight: OnnxConstant = { name: `${name}weight`, type: "int8", shape: [inner, columns], values: codes };
    this.#shared.push(weight);
    this.#constants.push(weight, {
      ...{ name: `${name}scales`, type: "float32", shape: [columns], values: columnScales },
    });
    return g.node("MatMulIntegerToFloat", [row, weight.name, step, `${name}scales`, zero], {}, "com.microsoft");
  }

  /** Of heads one by one where a norm is narrower than what it normalises. */
  #normed(x: string, width: number, norm: StepNorm): string {
    const g = this.#g;
    if (norm.width === width) return this.#normedRows(x, norm);
    const heads = g.node("Reshape", [x, g.integers([0, 0, width / norm.width, norm.width])]);
    return g.node("Reshape", [this.#normedRows(heads, norm), g.integers([0, 0, width])]);
  }

  #normedRows(x: string, { kind, gain, bias, gainOffset, epsilon, width }: StepNorm): string {
    const g = this.#g;
    const own = this.#tensor(gain);
    const attributes = { epsilon: { float: epsilon }, axis: -1 };
    if (kind === "rms") {
      const inputs = [x, gainOffset === 0 ? own : g.shift(own, gainOffset)];
      return g.node("SimplifiedLayerNormalization", inputs, attributes);
    }
    const shift = bias === undefined ? this.#zeros(width) : this.#tensor(bias);
    return g.node("LayerNormalization", [g.subtract(x, g.rowMean(x)), own, shift], attributes);
  }

  #attended(attention: StepAttention): Value | undefined {
    const { heads, keyHeads, headSize, scale, cap, rotation } = attention;
    // What the library's operation asks for.
    if (rotation !== undefined && (headSize % 16 !== 0 || rotation.pairs % 8 !== 0)) return undefined;
    this.#attentions.push(attention);
    const names = [attention.query, attention.key, attention.value].map((value) => this.#value(value).name);
    const feed = (kind: "cos" | "sin" | "key" | "value", shape?: OnnxInput["shape"]) =>
      this.#input(`${kind}${this.#attentions.length}`, { kind, attention }, shape && { shape });
    // Without their shape the library infers one as if queries, keys and values were one input.
    const kept = [1, keyHeads, "capacity", headSize];
    const inputs = [...names, feed("key", kept), feed("value", kept), this.#count("last"), this.#count("total")];
    if (rotation !== undefined) inputs.push(feed("cos"), feed("sin"));
    const attributes = {
      num_heads: heads,
      kv_num_heads: keyHeads,
      scale: { float: scale },
      ...(cap === null ? {} : { softcap: { float: cap } }),
      ...(rotation === undefined ? {} : { do_rotary: 1, rotary_interleaved: rotation.interleaved ? 1 : 0 }),
    };
    const outputs = this.#g.nodes("GroupQueryAttention", inputs, 3, attributes, "com.microsoft");
    const [mixed = "", ...extended] = outputs;
    this.#kept.push(...extended);
    return { name: mixed, width: heads * headSize };
  }

  #value(value: number): Value {
    const found = this.#values[value];
    if (found === undefined) throw new Error(`A plan uses value ${value} before it is made.`);
    return found;
  }

  #zeros(width: number): string {
    const name = `zeros ${width}`;
    if (!this.#constants.some((constant) => constant.name === name))
      this.#constants.push({ name, type: "float32", shape: [width], values: new Float32Array(width) });
    return name;
  }

  #tensor(tensor: tf.Tensor): string {
    const known = this.#feeds.findIndex((feed) => feed.kind === "tensor" && feed.tensor === tensor);
    return this.#inputs[known]?.name ?? this.#input(`tensor ${this.#feeds.length}`, { kind: "tensor", tensor });
  }

  /** Not part of the graph: another strength needs no other one. */
  #factor(factor: number): string {
    return this.#input(`factor ${this.#feeds.length}`, { kind: "factor", factor });
  }

  #count(kind: "last" | "total"): string {
    const known = this.#inputs.find(({ name }) => name === kind);
    return known?.name ?? this.#input(kind, { kind }, { type: "int32" });
  }

  #input(name: string, feed: StepFeed, rest: Omit<OnnxInput, "name"> = {}): string {
    this.#inputs.push({ name, ...rest });
    this.#feeds.push(feed);
    return name;
  }
}

function activated(g: GraphWriter, x: string, name: StepActivation): string {
  switch (name) {
    case "gelu-erf":
      return g.node("Gelu", [x], { approximate: "none" });
    case "gelu-tanh":
      return g.node("Gelu", [x], { approximate: "tanh" });
    case "silu":
      return g.multiply(x, g.sigmoid(x));
    case "sigmoid":
      return g.sigmoid(x);
    case "tanh":
      return g.node("Tanh", [x]);
    case "relu":
      return g.node("Relu", [x]);
    case "relu-squared": {
      const positive = g.node("Relu", [x]);
      return g.multiply(positive, positive);
    }
  }
}
