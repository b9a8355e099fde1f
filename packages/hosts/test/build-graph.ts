// Graph models made in a test: nodes by hand, as a converter would have written them.

import { type GraphModel, loadGraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";

/** An attribute as model.json has it. */
export type Attribute = boolean | number | string | readonly number[] | readonly string[];

interface NodeLine {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, unknown>>;
}

/** Collects nodes and weights. */
export class GraphBuilder {
  readonly #nodes: NodeLine[] = [];
  readonly #specs: tf.io.WeightsManifestEntry[] = [];
  readonly #bytes: Uint8Array[] = [];

  input(name: string, dtype: "float32" | "int32" = "float32"): string {
    this.#nodes.push({ name, op: "Placeholder", input: [], attr: { dtype: { type: typeNames[dtype] } } });
    return name;
  }

  constant(
    name: string,
    values: readonly number[] | Float32Array,
    shape: readonly number[],
    dtype: "float32" | "int32" = "float32",
  ): string {
    const bytes = dtype === "int32" ? Int32Array.from(values) : Float32Array.from(values);
    return this.stored(name, new Uint8Array(bytes.buffer), { name, shape: [...shape], dtype });
  }

  /** A constant whose bytes are given, quantized ones too. */
  stored(name: string, bytes: Uint8Array, spec: tf.io.WeightsManifestEntry): string {
    this.#nodes.push({ name, op: "Const", input: [], attr: { dtype: { type: typeNames[spec.dtype] } } });
    this.#specs.push(spec);
    this.#bytes.push(bytes);
    return name;
  }

  node(
    op: string,
    name: string,
    input: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const attr = Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, written(value)]));
    this.#nodes.push({ name, op, input, attr });
    return name;
  }

  artifacts(): tf.io.ModelArtifacts {
    const size = this.#bytes.reduce((sum, { length }) => sum + length, 0);
    const data = new Uint8Array(size);
    let offset = 0;
    for (const bytes of this.#bytes) {
      data.set(bytes, offset);
      offset += bytes.length;
    }
    return {
      format: "graph-model",
      generatedBy: "a test",
      convertedBy: null,
      modelTopology: { node: this.#nodes, versions: { producer: 1, minConsumer: 1 } },
      weightSpecs: this.#specs,
      weightData: data.buffer,
    };
  }

  load(): Promise<GraphModel> {
    return loadGraphModel(tf.io.fromMemory(this.artifacts()));
  }
}

const typeNames: Readonly<Record<string, string>> = {
  float32: "DT_FLOAT",
  int32: "DT_INT32",
  bool: "DT_BOOL",
  string: "DT_STRING",
};

function written(value: Attribute): unknown {
  if (typeof value === "boolean") return { b: value };
  if (typeof value === "number") return Number.isInteger(value) ? { i: String(value) } : { f: value };
  if (typeof value === "string") return value.startsWith("DT_") ? { type: value } : { s: btoa(value) };
  if (value.every((entry) => typeof entry === "number")) return { list: { i: value.map(String) } };
  return { list: { s: value.map((entry) => btoa(String(entry))) } };
}

/** Numbers between -1 and 1 that repeat late. */
export function waves(shape: readonly number[], phase = 1): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  return Float32Array.from({ length: size }, (_, index) => Math.sin(phase + 1.7 * index));
}
