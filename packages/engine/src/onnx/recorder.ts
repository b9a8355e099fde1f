// A backend that computes nothing. Its kernels write nodes of an ONNX graph and know their shapes alone, so that the forward pass
// of a model of any size is recorded in a moment.

import { LowrankError } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import { GraphWriter } from "../engines/native/kernels/graph.ts";
import type { ElementType, OnnxConstant, OnnxInput } from "../engines/native/runtime/onnx-model.ts";
import { factorsOf, type VaryingSize } from "./varying-sizes.ts";

export const recorderName = "lowrank-recorder";

/** A value of the graph. */
export interface Recorded {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
}

/** ONNX's types of TensorFlow.js's. */
export const typeOf: Readonly<Record<string, ElementType>> = { float32: "float32", int32: "int32", bool: "bool" };

interface Written {
  readonly values: ArrayLike<number>;
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
}

export class Recorder extends tf.KernelBackend {
  readonly graph: GraphWriter;
  readonly constants: OnnxConstant[] = [];
  readonly #values = new Map<object, Recorded>();
  readonly #written = new Map<object, Written>();
  readonly #weights = new Map<string, tf.Tensor>();
  readonly #sizes = new Map<string, string>();

  constructor(
    inputs: readonly OnnxInput[],
    readonly varying: readonly VaryingSize[],
  ) {
    super();
    this.graph = new GraphWriter(inputs);
  }

  /** The graph's name of a kernel's input: what a kernel made, what the call made of plain numbers, or a weight. */
  recordedOf(tensor: tf.TensorInfo): Recorded {
    const { dataId, shape, dtype } = tensor;
    const known = this.#values.get(dataId);
    if (known !== undefined) return { ...known, shape, dtype };
    const written = this.#written.get(dataId);
    const value = written === undefined ? this.#weight(tensor as tf.Tensor) : this.#numbers(written);
    this.#values.set(dataId, value);
    return { ...value, shape };
  }

  /** A tensor for a value of the graph. */
  infoOf({ name, shape, dtype }: Recorded): tf.TensorInfo {
    const dataId = {};
    this.#values.set(dataId, { name, shape, dtype });
    return { dataId, shape: [...shape], dtype };
  }

  /** Names a tensor that exists already as an input of the graph. */
  bind(tensor: tf.Tensor, name: string): void {
    this.#values.set(tensor.dataId, { name, shape: tensor.shape, dtype: tensor.dtype });
  }

  node(op: string, inputs: readonly string[], shape: readonly number[], dtype: tf.DataType, attributes = {}): Recorded {
    return { name: this.graph.node(op, inputs, attributes), shape, dtype };
  }

  varies(size: number): boolean {
    return factorsOf(size, this.varying).names.length > 0;
  }

  /** int64 [sizes], computed where they vary. */
  integers(sizes: readonly number[]): string {
    if (!sizes.some((size) => this.varies(size))) return this.graph.integers(sizes);
    const parts = sizes.map((size) => this.#size(size));
    return parts.length === 1 ? (parts[0] ?? "") : this.graph.node("Concat", parts, { axis: 0 });
  }

  /** Tells where the graph reads a size that varies: int64 [1]. */
  setSize(name: string, node: string): void {
    this.#sizes.set(name, node);
  }

  #size(size: number): string {
    const { constant, names } = factorsOf(size, this.varying);
    const factors = names.map((name) => this.#sizes.get(name) ?? "");
    if (constant !== 1 || factors.length === 0) factors.push(this.graph.integers([constant]));
    const key = `${constant} ${names}`;
    const made = this.#sizes.get(key) ?? factors.reduce((product, factor) => this.graph.multiply(product, factor));
    this.#sizes.set(key, made);
    return made;
  }

  /** A number, computed where it is a size that varies. */
  scalar(value: number, dtype: tf.DataType): Recorded {
    const type = typeOf[dtype] ?? "float32";
    if (!this.varies(value)) return this.#constant({ values: [value], shape: [], dtype });
    const size = this.graph.node("Squeeze", [this.integers([value]), this.graph.integers([0])]);
    return this.node("Cast", [size], [], dtype, { to: elementNumber(type) });
  }

  /** Numbers that the call itself made. */
  #numbers({ values, shape, dtype }: Written): Recorded {
    if (shape.length === 0) return this.scalar(values[0] ?? 0, dtype);
    if (!shape.some((size) => this.varies(size))) return this.#constant({ values, shape, dtype });
    if (!Array.from(values).every((value) => value === values[0])) {
      const sizes = shape.map((size) => describeSize(size, this.varying));
      throw new RecordingError(`the pass makes numbers of the shape [${sizes.join(", ")}]`);
    }
    return this.node("Expand", [this.scalar(values[0] ?? 0, dtype).name, this.integers(shape)], shape, dtype);
  }

  #constant({ values, shape, dtype }: Written): Recorded {
    const name = `constant_${this.constants.length}`;
    this.constants.push({ name, type: typeOf[dtype] ?? "float32", shape, values: arrayOf(values, dtype) });
    return { name, shape, dtype };
  }

  #weight(tensor: tf.Tensor): Recorded {
    const name = `weight_${this.#weights.size}`;
    this.#weights.set(name, tensor);
    return { name, shape: tensor.shape, dtype: tensor.dtype };
  }

  get weights(): ReadonlyMap<string, tf.Tensor> {
    return this.#weights;
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = {};
    this.#written.set(dataId, { values: values as ArrayLike<number>, shape, dtype });
    return dataId;
  }

  override readSync(dataId: object): tf.backend_util.BackendValues {
    const written = this.#written.get(dataId);
    if (written === undefined) throw new RecordingError("the pass reads values on its way");
    return written.values as Float32Array;
  }

  override read(dataId: object): Promise<tf.backend_util.BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }

  override disposeData(): boolean {
    return true;
  }
  override incRef(): void {}
  override decRef(): void {}
  override refCount(): number {
    return 1;
  }
  override numDataIds(): number {
    return 0;
  }
  timerAvailable(): boolean {
    return false;
  }
  override floatPrecision(): 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override dispose(): void {}
}

/** A pass that cannot be written as a graph. */
export class RecordingError extends LowrankError {
  constructor(reason: string) {
    super("RECORDING", `The forward pass cannot be written as an ONNX graph: ${reason}.`);
  }
}
export function elementNumber(type: ElementType): number {
  return { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10, bfloat16: 16 }[type];
}

export function describeSize(size: number, varying: readonly VaryingSize[]): string {
  const { constant, names } = factorsOf(size, varying);
  return [...(constant === 1 && names.length > 0 ? [] : [constant]), ...names].join("·");
}

function arrayOf(values: ArrayLike<number>, dtype: tf.DataType) {
  if (dtype === "float32") return Float32Array.from(values);
  return dtype === "bool" ? Uint8Array.from(values) : Int32Array.from(values);
}
