// A backend that computes nothing. Its kernels write nodes of an ONNX graph and know only their shapes, so that the forward pass of
// a model of any size is recorded in a moment.

import { failure } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";
import { GraphWriter } from "../engines/native/kernels/graph.ts";
import { elementTypes, type OnnxConstant } from "../engines/native/runtime/onnx-model.ts";
import { factorsOf, sizeText, type VaryingSize } from "./varying-sizes.ts";

export const recorderName = "lowrank-recorder";

/** A forward pass cannot be written as an ONNX graph. Export such a model in another format. */
export function recordingError(reason: string, options?: { readonly cause?: unknown }) {
  const advice = "Merge the adapter into a Hugging Face folder or a GGUF file instead";
  return failure("NO_ONNX_FORM", `The model cannot be written as an ONNX model: ${reason}. ${advice}.`, { ...options });
}

/** A value of the graph. */
export interface Recorded {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
}

/** Numbers that the pass itself made. */
interface Written extends Omit<Recorded, "name"> {
  readonly values: ArrayLike<number>;
}

export class Recorder extends tf.KernelBackend {
  readonly graph = new GraphWriter([]);
  readonly constants: OnnxConstant[] = [];
  /** Tensors of the model, by their names in the graph. */
  readonly weights = new Map<string, tf.Tensor>();
  readonly #values = new Map<object, Recorded>();
  /** int64 [1] nodes: of each varying size, and of each product that was needed. */
  readonly #sizes = new Map<string, string>();

  /** Plain numbers that the pass made its tensors of, by their ids. */
  readonly #writtenValues = new WeakMap<object, tf.backend_util.BackendValues>();

  constructor(readonly varying: readonly VaryingSize[]) {
    super();
  }

  /** A tensor's origin in the graph: a kernel, plain numbers of the pass, or a weight. */
  recordedOf(tensor: tf.TensorInfo): Recorded {
    const { dataId, shape, dtype } = tensor;
    const recorded = this.#values.get(dataId);
    if (recorded !== undefined) return { ...recorded, shape, dtype };
    const values = this.#writtenValues.get(dataId) as ArrayLike<number> | undefined; // a pass has no texts
    const constant = values && this.#numbers({ values, shape, dtype });
    const value = constant ?? { name: `weight_${this.weights.size}`, shape, dtype };
    if (constant === undefined) this.weights.set(value.name, tensor as tf.Tensor);
    this.#values.set(dataId, value);
    return value;
  }

  /** A tensor for a value of the graph. */
  infoOf({ name, shape, dtype }: Recorded): tf.TensorInfo {
    const dataId = {};
    this.#values.set(dataId, { name, shape, dtype });
    return { dataId, shape: [...shape], dtype };
  }

  /** A node with one output. */
  node(op: string, inputs: readonly string[], shape: readonly number[], dtype: tf.DataType, attributes = {}): Recorded {
    return { name: this.graph.node(op, inputs, attributes), shape, dtype };
  }

  /** A tensor for an input of the graph. */
  inputOf({ name, shape, dtype }: Recorded): tf.TensorInfo {
    for (const [axis, size] of shape.entries()) {
      const varying = this.varying.find(({ value }) => value === size);
      if (varying !== undefined && !this.#sizes.has(varying.name))
        this.#sizes.set(varying.name, this.graph.node("Shape", [name], { start: axis, end: axis + 1 }));
    }
    if (dtype !== "int32") return this.infoOf({ name, shape, dtype });
    return this.infoOf(this.node("Cast", [name], shape, dtype, { to: elementTypes.int32 }));
  }

  varies(size: number): boolean {
    return factorsOf(size, this.varying).names.length > 0;
  }

  /** int64 [sizes]; computed in the graph if they vary. */
  integers(sizes: readonly number[]): string {
    if (!sizes.some((size) => this.varies(size))) return this.graph.integers(sizes);
    const [first = "", ...others] = sizes.map((size) => this.#size(size));
    return others.length === 0 ? first : this.graph.node("Concat", [first, ...others], { axis: 0 });
  }

  /** A number; computed in the graph if it is a size that varies. */
  scalar(value: number, dtype: tf.DataType): Recorded {
    if (!this.varies(value)) return this.#constant({ values: [value], shape: [], dtype });
    const size = this.graph.node("Squeeze", [this.#size(value), this.graph.integers([0])]);
    return this.node("Cast", [size], [], dtype, { to: elementTypes[typeOf(dtype)] });
  }

  #size(size: number): string {
    const { constant, names } = factorsOf(size, this.varying);
    const key = `${constant} ${names}`;
    const factors = names.map((name) => this.#varyingSize(name));
    if (constant !== 1 || factors.length === 0) factors.push(this.graph.integers([constant]));
    const name = this.#sizes.get(key) ?? factors.reduce((left, right) => this.graph.multiply(left, right));
    this.#sizes.set(key, name);
    return name;
  }

  #varyingSize(name: string): string {
    const [from, less] = this.varying.find((size) => size.name === name)?.difference ?? [];
    const read = this.#sizes.get(name);
    if (read !== undefined || from === undefined || less === undefined) return read ?? "";
    return this.graph.subtract(this.#varyingSize(from), this.#varyingSize(less));
  }

  #numbers({ values, shape, dtype }: Written): Recorded {
    if (shape.length === 0) return this.scalar(values[0] ?? 0, dtype);
    if (!shape.some((size) => this.varies(size))) return this.#constant({ values, shape, dtype });
    const [first = 0] = Array.from(values);
    if (Array.from(values).some((value) => value !== first)) {
      const sizes = shape.map((size) => sizeText(size, this.varying));
      throw recordingError(`it makes numbers of the shape [${sizes.join(", ")}] that are no inputs`);
    }
    return this.node("Expand", [this.scalar(first, dtype).name, this.integers(shape)], shape, dtype);
  }

  #constant({ values, shape, dtype }: Written): Recorded {
    const name = `constant_${this.constants.length}`;
    const type = typeOf(dtype);
    const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;
    this.constants.push({ name, type, shape, values: arrays[type].from(values) });
    return { name, shape, dtype };
  }

  override write(values: tf.backend_util.BackendValues): object {
    const dataId = {};
    this.#writtenValues.set(dataId, values);
    return dataId;
  }

  override readSync(dataId: object): tf.backend_util.BackendValues {
    const values = this.#writtenValues.get(dataId);
    if (values === undefined) throw recordingError("it reads values while it computes");
    return values;
  }

  // Each result has an id of its own, and a recording is over soon: nothing is counted or freed.
  override incRef(): void {}
  override disposeData(): boolean {
    return true;
  }
  override numDataIds(): number {
    return 0;
  }
  override floatPrecision(): 32 {
    return 32;
  }
  override dispose(): void {}
}

/** ONNX's name of TensorFlow.js's type. */
export function typeOf(dtype: tf.DataType): "float32" | "int32" | "bool" {
  return dtype === "int32" || dtype === "bool" ? dtype : "float32";
}
