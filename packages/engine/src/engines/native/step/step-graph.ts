// Plans, one after the other, as one graph. float32 matrices are inputs, read in place. Quantized matrices are constants of
// the graph, because only constants are packed into the order that the processor reads.

import type * as tf from "@tensorflow/tfjs-core";
import type { BlockMatrix } from "../../../packed/packed-matrix.ts";
import type {
  StepActivation,
  StepAttention,
  StepBias,
  StepNode,
  StepNorm,
  StepPart,
  StepPlan,
  StepRotation,
} from "../../../step/step-plan.ts";
import { GraphWriter } from "../kernels/graph.ts";
import type { OnnxGraph, OnnxInput } from "../runtime/onnx-model.ts";
import type { SessionOptions } from "../runtime/onnx-runtime.ts";
import { GraphConstants } from "./graph-constants.ts";
import type { StepBackend } from "./step-backend.ts";
import { StepProducts } from "./step-products.ts";

/** The kind of an input of the graph. */
export type StepFeed =
  | { readonly kind: "hidden" }
  | { readonly kind: "last" | "total" }
  | { readonly kind: "key" | "value"; readonly attention: StepAttention }
  | { readonly kind: "cos" | "sin"; readonly rotation: StepRotation }
  | { readonly kind: "bias"; readonly bias: StepBias }
  | { readonly kind: "tensor"; readonly tensor: tf.Tensor }
  | { readonly kind: "factor"; readonly factor: number }
  | { readonly kind: "rows"; readonly rows: readonly boolean[] };

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

export interface StepGraphOptions {
  /** Features of the plan's input. */
  readonly width: number;
  /** Whether each row is rounded to 8 bits by itself: there are several, which must not see each other. */
  readonly roundsRows: boolean;
}

type SharedFeed = Extract<StepFeed, { kind: "last" | "total" | "cos" | "sin" | "bias" | "tensor" }>;

/** Among the inputs of the library's attention. */
const biasInput = 10;

/** A value's name and how many features it has. */
interface Value {
  readonly name: string;
  readonly width: number;
}

export class GraphDraft {
  readonly #inputs: OnnxInput[] = [];
  readonly #feeds: StepFeed[] = [];
  readonly #constants = new GraphConstants();
  readonly #attentions: StepAttention[] = [];
  readonly #extendedCaches: string[] = [];
  readonly #g = new GraphWriter(this.#inputs);
  readonly #products: StepProducts;
  readonly #values: Value[];
  /** Products of a plan that are made together with others. */
  readonly #together = new Map<LinearNode, JoinedProducts>();

  constructor(backend: StepBackend, options: StepGraphOptions) {
    this.#products = new StepProducts(backend, { g: this.#g, constants: this.#constants, ...options });
    const { width } = options;
    // If only some shapes are known, the library infers that attention's input has queries, keys and values in one.
    this.#values = [{ name: this.#input("hidden", { kind: "hidden" }, { shape: ["rows", "time", width] }), width }];
  }

  /** Appends a plan. False if a weight is stored in a layout that graphs cannot multiply by. */
  add({ nodes }: StepPlan): boolean {
    this.#values.splice(0, this.#values.length - 1);
    this.#together.clear();
    for (const [node, others] of blocksOfOneInput(nodes)) this.#together.set(node, others);
    for (const node of nodes) {
      const value = this.#valueOf(node);
      if (value === undefined) return false;
      this.#values.push(value);
    }
    return true;
  }

  /** Bytes of its constants. */
  get bytes(): number {
    return this.#constants.bytes;
  }

  get tensors(): number {
    return this.#inputs.length;
  }

  finish(): StepGraph {
    const { name, width } = this.#value(this.#values.length - 1);
    const graph = { ...this.#g.finish(name, ...this.#extendedCaches), constants: this.#constants.all };
    return { graph, feeds: this.#feeds, attentions: this.#attentions, width, shared: this.#products.shared };
  }

  #valueOf(node: StepNode): Value | undefined {
    if (node.op === "attention") return this.#attend(node.attention);
    const g = this.#g;
    const { name, width } = this.#value(node.x);
    switch (node.op) {
      case "linear":
        return this.#product(name, node);
      case "low-rank": {
        const { a, b, scale, rows } = node.branch;
        const narrow = g.multiply(g.product(name, this.#tensor(a)), this.#factor(scale)); // [rows, time, rank]
        const output = this.#value(node.output);
        const sum = g.add(output.name, g.product(narrow, this.#tensor(b)));
        return { ...output, name: rows === undefined ? sum : g.node("Where", [this.#rows(rows), sum, output.name]) };
      }
      case "norm":
        return { name: this.#normed(name, width, node.norm), width };
      case "activation":
        return { name: activations[node.name](g, name), width };
      case "add":
        return { name: g.add(name, this.#value(node.y).name), width };
      case "multiply":
        return { name: g.multiply(name, this.#value(node.y).name), width };
      case "scale":
        return { name: g.scale(name, node.factor), width };
      case "cap":
        return { name: g.scale(g.node("Tanh", [g.scale(name, 1 / node.factor)]), node.factor), width };
      case "part":
        return this.#part(name, width, node.part);
    }
  }

  #part(x: string, features: number, { first, width, groups = 1 }: StepPart): Value {
    const g = this.#g;
    const slice = (input: string, axis: number) =>
      g.node("Slice", [input, g.integers([first]), g.integers([first + width]), g.integers([axis])]);
    if (groups === 1) return { name: slice(x, 2), width };
    const byGroup = g.node("Reshape", [x, g.integers([0, 0, groups, features / groups])]);
    const name = g.node("Reshape", [slice(byGroup, 3), g.integers([0, 0, groups * width])]);
    return { name, width: groups * width };
  }

  #product(x: string, node: LinearNode): Value | undefined {
    const { weight, bias } = node;
    const product = this.#multiplied(x, node);
    if (product === undefined) return undefined;
    const name = bias === undefined ? product : this.#g.add(product, this.#tensor(bias));
    return { name, width: weight.outFeatures };
  }

  #multiplied(x: string, node: LinearNode): string | undefined {
    const together = this.#together.get(node);
    if (together !== undefined) return together.productOf(node, (matrices) => this.#products.together(x, matrices));
    const factor = node.weight.stepFactor;
    if (factor?.kind === "float32" && !factor.mayRound)
      return this.#g.product(x, this.#tensor(factor.matrix), { transB: factor.isTransposed });
    return factor && this.#products.of(x, factor);
  }

  /** Normalizes each head separately if a norm is narrower than its input. */
  #normed(x: string, width: number, norm: StepNorm): string {
    const g = this.#g;
    if (norm.width === width) return this.#normedRows(x, norm);
    const heads = g.node("Reshape", [x, g.integers([0, 0, width / norm.width, norm.width])]);
    return g.node("Reshape", [this.#normedRows(heads, norm), g.integers([0, 0, width])]);
  }

  #normedRows(x: string, { kind, gain, bias, gainOffset, epsilon, width }: StepNorm): string {
    const g = this.#g;
    const gainName = this.#tensor(gain);
    const attributes = { epsilon: { float: epsilon }, axis: -1 };
    if (kind === "rms") {
      const inputs = [x, gainOffset === 0 ? gainName : g.shift(gainName, gainOffset)];
      return g.node("SimplifiedLayerNormalization", inputs, attributes);
    }
    const shift = bias === undefined ? this.#zeros(width) : this.#tensor(bias);
    return g.node("LayerNormalization", [g.subtract(x, g.rowMean(x)), gainName, shift], attributes);
  }

  #attend(attention: StepAttention): Value | undefined {
    const { heads, keyHeads, headSize, scale, cap, rotation, bias } = attention;
    // Types that the library's operation requires.
    if (rotation !== undefined && (headSize % 16 !== 0 || rotation.pairs % 8 !== 0)) return undefined;
    this.#attentions.push(attention);
    const names = [attention.query, attention.key, attention.value].map((value) => this.#value(value).name);
    const count = this.#attentions.length;
    const shape = ["rows", keyHeads, "capacity", headSize];
    const cacheInput = (kind: "key" | "value") => this.#input(`${kind}${count}`, { kind, attention }, { shape });
    const inputs = [
      ...names,
      cacheInput("key"),
      cacheInput("value"),
      this.#shared({ kind: "last" }),
      this.#shared({ kind: "total" }),
    ];
    if (rotation !== undefined)
      for (const kind of ["cos", "sin"] as const) inputs.push(this.#shared({ kind, rotation }));
    if (bias !== undefined) {
      const absent = Array<string>(biasInput - inputs.length).fill("");
      inputs.push(...absent, this.#shared({ kind: "bias", bias }));
    }
    const attributes = {
      num_heads: heads,
      kv_num_heads: keyHeads,
      scale: { float: scale },
      ...(cap === null ? {} : { softcap: { float: cap } }),
      ...(rotation === undefined ? {} : { do_rotary: 1, rotary_interleaved: rotation.interleaved ? 1 : 0 }),
    };
    const outputs = this.#g.nodes("GroupQueryAttention", inputs, 3, attributes, "com.microsoft");
    const [mixed = "", ...extended] = outputs;
    this.#extendedCaches.push(...extended);
    return { name: mixed, width: heads * headSize };
  }

  #value(value: number): Value {
    const named = this.#values[value];
    if (named === undefined) throw new Error(`A plan uses value ${value} before it is made.`);
    return named;
  }

  #zeros(width: number): string {
    const values = new Float32Array(width);
    return this.#constants.addOnce({ name: `zeros ${width}`, type: "float32", shape: [width], values });
  }

  #tensor(tensor: tf.Tensor): string {
    return this.#shared({ kind: "tensor", tensor });
  }

  /** An input, not a constant: an adapter with another scale can use the same graph. */
  #factor(factor: number): string {
    return this.#input(`factor ${this.#feeds.length}`, { kind: "factor", factor });
  }

  /** An input, too: a call with other rows can use the same graph. */
  #rows(rows: readonly boolean[]): string {
    return this.#input(`rows ${this.#feeds.length}`, { kind: "rows", rows }, { type: "bool" });
  }

  /** One input for all nodes that read the same feed. */
  #shared(feed: SharedFeed): string {
    const existing = this.#feeds.findIndex((other) => isSameFeed(feed, other));
    const name = `${feed.kind} ${this.#feeds.length}`;
    const type = feed.kind === "last" || feed.kind === "total" ? "int32" : "float32";
    const shape = feed.kind === "tensor" ? { shape: feed.tensor.shape } : {};
    return this.#inputs[existing]?.name ?? this.#input(name, feed, { type, ...shape });
  }

  #input(name: string, feed: StepFeed, rest: Omit<OnnxInput, "name"> = {}): string {
    this.#inputs.push({ name, ...rest });
    this.#feeds.push(feed);
    return name;
  }
}

function isSameFeed(feed: SharedFeed, other: StepFeed): boolean {
  return Object.entries(feed).every(([key, value]) => Reflect.get(other, key) === value);
}

/** The activations that a plan can hold, in a graph. */
const activations: Readonly<Record<StepActivation, (g: GraphWriter, x: string) => string>> = {
  "gelu-erf": (g, x) => g.node("Gelu", [x], { approximate: "none" }),
  "gelu-tanh": (g, x) => g.node("Gelu", [x], { approximate: "tanh" }),
  silu: (g, x) => g.multiply(x, g.sigmoid(x)),
  sigmoid: (g, x) => g.sigmoid(x),
  tanh: (g, x) => g.node("Tanh", [x]),
  relu: (g, x) => g.node("Relu", [x]),
  "relu-squared": (g, x) => {
    const positive = g.node("Relu", [x]);
    return g.multiply(positive, positive);
  },
};

// Finds the products of a plan that share one input – queries, keys and values; a gate and the projection next to it – and
// matrices of blocks. They are computed together.

type LinearNode = Extract<StepNode, { op: "linear" }>;

/** Several products; the first call computes all. */
class JoinedProducts {
  #products: readonly string[] | undefined;

  constructor(
    private readonly nodes: readonly LinearNode[],
    private readonly matrices: readonly BlockMatrix[],
  ) {}

  productOf(node: LinearNode, make: (matrices: readonly BlockMatrix[]) => readonly string[] | undefined) {
    this.#products ??= make(this.matrices);
    return this.#products?.[this.nodes.indexOf(node)];
  }
}

function blocksOfOneInput(nodes: readonly StepNode[]): ReadonlyMap<LinearNode, JoinedProducts> {
  const byInput = new Map<number, { readonly nodes: LinearNode[]; readonly matrices: BlockMatrix[] }>();
  for (const node of nodes) {
    const factor = node.op === "linear" ? node.weight.stepFactor : undefined;
    if (node.op !== "linear" || factor?.kind !== "blocks") continue;
    const group = byInput.get(node.x) ?? { nodes: [], matrices: [] };
    group.nodes.push(node);
    group.matrices.push(factor.matrix);
    byInput.set(node.x, group);
  }
  const groups = [...byInput.values()].filter((group) => group.nodes.length > 1);
  return new Map(
    groups.flatMap((group) => {
      const joined = new JoinedProducts(group.nodes, group.matrices);
      return group.nodes.map((node): [LinearNode, JoinedProducts] => [node, joined]);
    }),
  );
}
