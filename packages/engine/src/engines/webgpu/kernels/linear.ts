// Products with a matrix, in float32 or packed, and a sum with a bias or with the gradient from other layers, in one dispatch.

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type * as tf from "@tensorflow/tfjs-core";
import type { GpuMatrix } from "../gpu-packed-weights.ts";
import { type DrawnFactors, type GpuKernel, inputOf, rowsOf } from "./gpu-kernel.ts";
import { type MatrixProduct, multiplyMatrices } from "./matrix-products.ts";

/** x [..., inFeatures], matrix, and a term of [outFeatures] or of the product's size → x·matrix + term. */
export const linear: GpuKernel = (call) => [
  multiply(call.backend, {
    x: inputOf(call, "x"),
    matrix: inputOf(call, "matrix"),
    term: call.inputs.term,
    isTransposed: call.attributes.isTransposed === true,
  }),
];

export interface Multiplied {
  /** [..., inFeatures] */
  readonly x: tf.TensorInfo;
  /** [inFeatures, outFeatures], or [outFeatures, inFeatures] if it enters transposed. */
  readonly matrix: tf.TensorInfo | GpuMatrix;
  readonly isTransposed: boolean;
  /** [outFeatures], or the product's size. */
  readonly term?: tf.TensorInfo | undefined;
  /** The product's entries are multiplied by them before the term is added. */
  readonly factors?: DrawnFactors | undefined;
}

/** x·matrix·factors + term, [..., outFeatures] */
export function multiply(
  backend: WebGPUBackend,
  { x, matrix, isTransposed, term, factors }: Multiplied,
): tf.TensorInfo {
  const { rows, features: inner } = rowsOf(x);
  const columns = matrix.shape[isTransposed ? 0 : 1] ?? 0;
  const termAt = term && (term.shape.length === 1 ? " + term[column]" : " + term[i]");
  const product: MatrixProduct<"y"> = {
    name: "y",
    sides: ["rows", "inner", "columns"],
    left: ["x"],
    right: ["matrix", isTransposed ? "transposed" : undefined],
    value: `sum${factors ? " * factorOf(i)" : ""}${termAt ?? ""}`,
  };
  const inputs = { x, matrix, ...(term && { term }) };
  const { y } = multiplyMatrices(backend, [product], { inputs, sizes: { rows, inner, columns }, factors });
  return { ...y, shape: [...x.shape.slice(0, -1), columns] };
}
