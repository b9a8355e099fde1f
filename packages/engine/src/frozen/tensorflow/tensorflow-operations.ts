// TensorFlow operations that tfjs-node has no kernel for, on number types that TensorFlow.js does not know.
//
// A tensor of 16-bit floats is labelled int32: tfjs can count, keep and free it, but must neither read nor compute with it.

import * as tf from "@tensorflow/tfjs-core";
import { otherEngineError } from "../../errors.ts";

/** TensorFlow's numbers for its types (types.proto). */
const typeNumbers = { f32: 1, int32: 3, bf16: 14, f16: 19 } as const;

/** A number type by its name here. */
export type TensorflowType = keyof typeof typeNumbers;

interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | boolean;
}

interface Output {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

/** The part of tfjs-node's backend that this file needs. */
interface TensorflowBackend {
  readonly binding: {
    readonly TF_ATTR_TYPE: number;
    readonly TF_ATTR_BOOL: number;
    readonly TF_ATTR_INT: number;
    executeOp(name: string, attributes: readonly Attribute[], inputs: readonly number[], outputs: number): Output[];
  };
  getInputTensorIds(tensors: readonly tf.Tensor[]): number[];
  createOutputTensor(output: Output): tf.Tensor;
}

/** Whether TensorFlow's library computes now. */
export function isTensorflowCurrent(): boolean {
  return tf.getBackend() === "tensorflow";
}

/** The same numbers in another type. */
export function castTo<T extends tf.Tensor>(x: T, from: TensorflowType, to: TensorflowType): T {
  return run<T>("Cast", { types: { SrcT: from, DstT: to }, booleans: { Truncate: false } }, [x], to);
}

/** The same bits as another type; int32 as a type of 16 bits gets a new last axis of 2. */
export function bitcastTo(x: tf.Tensor, from: TensorflowType, to: TensorflowType): tf.Tensor {
  return run("Bitcast", { types: { T: from, type: to } }, [x], to);
}

/** Another shape for the same 16-bit numbers. */
export function reshapeHalf(x: tf.Tensor, type: TensorflowType, shape: readonly number[]): tf.Tensor2D {
  const sizes = tf.tensor1d([...shape], "int32");
  try {
    return run<tf.Tensor2D>("Reshape", { types: { T: type, Tshape: "int32" } }, [x, sizes], type);
  } finally {
    sizes.dispose();
  }
}

/** a·b, or a·bᵀ, both of one type. */
export function multiplyHalf(a: tf.Tensor2D, b: tf.Tensor2D, type: TensorflowType, isTransposed: boolean): tf.Tensor2D {
  const booleans = { transpose_a: false, transpose_b: isTransposed };
  return run<tf.Tensor2D>("MatMul", { types: { T: type }, booleans }, [a, b], type);
}

/** Rows of a matrix by id. */
export function gatherHalf(matrix: tf.Tensor2D, ids: tf.Tensor1D, type: TensorflowType): tf.Tensor2D {
  const axis = tf.scalar(0, "int32");
  try {
    const types = { Tparams: type, Tindices: "int32", Taxis: "int32" } as const;
    return run<tf.Tensor2D>("GatherV2", { types, integers: { batch_dims: 0 } }, [matrix, ids, axis], type);
  } finally {
    axis.dispose();
  }
}

interface Attributes {
  readonly types: Readonly<Record<string, TensorflowType>>;
  readonly booleans?: Readonly<Record<string, boolean>>;
  readonly integers?: Readonly<Record<string, number>>;
}

function run<T extends tf.Tensor>(
  name: string,
  { types, booleans = {}, integers = {} }: Attributes,
  inputs: readonly tf.Tensor[],
  type: TensorflowType,
): T {
  const backend = currentBackend();
  const { TF_ATTR_TYPE, TF_ATTR_BOOL, TF_ATTR_INT } = backend.binding;
  const attributes = [
    ...Object.entries(types).map(([key, value]) => ({ name: key, type: TF_ATTR_TYPE, value: typeNumbers[value] })),
    ...Object.entries(booleans).map(([key, value]) => ({ name: key, type: TF_ATTR_BOOL, value })),
    ...Object.entries(integers).map(([key, value]) => ({ name: key, type: TF_ATTR_INT, value })),
  ];
  const [output] = backend.binding.executeOp(name, attributes, backend.getInputTensorIds(inputs), 1);
  if (output === undefined) throw new Error(`TensorFlow's ${name} gave no output.`);
  const dtype = type === "f32" ? typeNumbers.f32 : typeNumbers.int32;
  // The backend's own method makes a tensor without a rank; the operation decides its shape.
  return backend.createOutputTensor({ ...output, dtype }) as T;
}

function currentBackend(): TensorflowBackend {
  const backend: unknown = tf.findBackend("tensorflow");
  if (!isTensorflowCurrent() || !isTensorflowBackend(backend)) throw otherEngineError("tfjs-node", tf.getBackend());
  return backend;
}

function isTensorflowBackend(backend: unknown): backend is TensorflowBackend {
  if (typeof backend !== "object" || backend === null) return false;
  const binding: unknown = Reflect.get(backend, "binding");
  return typeof binding === "object" && binding !== null && typeof Reflect.get(binding, "executeOp") === "function";
}
