// Matrix products, alone and with a bias or an activation.

import * as tf from "@tensorflow/tfjs-core";
import { sizeOf } from "../../../rows.ts";
import type { NativeBackend } from "../native-backend.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";
import { activated, isActivation, run } from "./fused.ts";
import {
  areFloats,
  broadcastsTo,
  inputOf,
  type KernelCall,
  registerNativeKernel,
  singleOperation,
} from "./native-kernel.ts";

/** One factor: values, shape [..., rows, columns], and whether it enters transposed. */
export interface Factor {
  readonly values: Float32Array;
  readonly shape: readonly number[];
  readonly isTransposed: boolean;
}

export function registerProducts(): void {
  registerNativeKernel("BatchMatMul", (call) => {
    const [a, b] = [inputOf(call, "a"), inputOf(call, "b")];
    if (!areFloats(a, b)) return undefined;
    const shape = productShape(call, a, b);
    return shape && call.backend.output(shape, multiplyInputs(call, a, b, shape));
  });
  registerNativeKernel("_FusedMatMul", (call) => fusedProduct(call) ?? productThenActivation(call));
}

/** The other activations, by their own kernels. */
function productThenActivation(call: KernelCall): tf.TensorInfo | undefined {
  const { a, b, bias } = call.inputs;
  const { activation = "linear" } = call.attributes;
  if (activation === "linear" || fusedActivations.has(String(activation)) || !isActivation(activation))
    return undefined;
  const product = { a, b, ...(bias === undefined ? {} : { bias }) };
  return tf.tidy(() => activated(call, run("_FusedMatMul", product, { ...call.attributes, activation: "linear" })));
}

const fusedActivations = new Map([
  ["relu", "Relu"],
  ["sigmoid", "Sigmoid"],
  ["elu", "Elu"],
]);

function fusedProduct(call: KernelCall): tf.TensorInfo | undefined {
  const { backend, attributes, inputs } = call;
  const [a, b, bias] = [inputOf(call, "a"), inputOf(call, "b"), inputs.bias];
  const activation = String(attributes.activation ?? "linear");
  const isKnown = activation === "linear" || fusedActivations.has(activation);
  if (!areFloats(a, b) || !isKnown || inputs.preluActivationWeights !== undefined) return undefined;
  const shape = productShape(call, a, b);
  if (shape === undefined || (bias !== undefined && !(areFloats(bias) && broadcastsTo(shape, bias.shape))))
    return undefined;
  const values = multiplyInputs(call, a, b, shape);
  const product = { values, shape };
  if (bias !== undefined) {
    const session = backend.session("Add", () => singleOperation("Add", ["a", "b"]));
    backend.run(session, [product, { values: backend.floats(bias), shape: bias.shape }], [product]);
  }
  const operation = fusedActivations.get(activation);
  if (operation !== undefined) {
    const session = backend.session(operation, () => singleOperation(operation, ["a"]));
    backend.run(session, [product], [product]);
  }
  return backend.output(shape, values);
}

/** Shape of the product, or undefined if the factors do not fit. */
function productShape({ attributes }: KernelCall, a: tf.TensorInfo, b: tf.TensorInfo): number[] | undefined {
  if (a.shape.length < 2 || b.shape.length < 2) return undefined;
  const [rows = 1, inner] = attributes.transposeA === true ? a.shape.slice(-2).reverse() : a.shape.slice(-2);
  const [innerOfB, columns = 1] = attributes.transposeB === true ? b.shape.slice(-2).reverse() : b.shape.slice(-2);
  if (inner !== innerOfB) return undefined;
  const leading = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return [...leading, rows, columns];
}

function multiplyInputs(
  { backend, attributes }: KernelCall,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  shape: readonly number[],
): Float32Array {
  const first = { values: backend.floats(a), shape: a.shape, isTransposed: attributes.transposeA === true };
  const second = { values: backend.floats(b), shape: b.shape, isTransposed: attributes.transposeB === true };
  return multiply(backend, first, second, shape);
}

/** a·b into a new array from the pool. */
export function multiply(backend: NativeBackend, a: Factor, b: Factor, shape: readonly number[]): Float32Array {
  const values = backend.pool.take(sizeOf(shape));
  const session = backend.session(`product ${a.isTransposed} ${b.isTransposed}`, () =>
    productGraph(a.isTransposed, b.isTransposed),
  );
  const flat = flattened(a, b, shape);
  backend.run(
    session,
    [
      { values: a.values, shape: flat.a },
      { values: b.values, shape: flat.b },
    ],
    [{ values, shape: flat.y }],
  );
  return values;
}

function productGraph(transposeA: boolean, transposeB: boolean): OnnxGraph {
  const attributes = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
  return singleOperation("FusedMatMul", ["a", "b"], attributes, "com.microsoft");
}

/** A batch times one matrix is one tall product: [..., rows, inner]·[inner, columns] = [(...·rows), inner]·[inner, columns]. */
function flattened(a: Factor, b: Factor, shape: readonly number[]) {
  const isOneMatrix = sizeOf(b.shape.slice(0, -2)) === 1;
  if (!isOneMatrix || a.isTransposed || shape.length === 2) return { a: a.shape, b: b.shape, y: shape };
  const inner = a.shape.at(-1) ?? 1;
  const columns = shape.at(-1) ?? 1;
  return {
    a: [a.values.length / inner, inner],
    b: b.shape.slice(-2),
    y: [a.values.length / inner, columns],
  };
}
