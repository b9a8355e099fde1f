// Products with a matrix in float32, and a sum with a bias or with the gradient from other layers, in one dispatch.

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type * as tf from "@tensorflow/tfjs-core";
import { type DrawnFactors, type GpuKernel, inputOf, rowsOf } from "./gpu-kernel.ts";
import { type MatrixProduct, multiplyMatrices } from "./matrix-products.ts";

/** x [..., inFeatures], matrix, and a term of [outFeatures] or of the product's size → x·matrix + term. */
export const linear: GpuKernel = (call) => [
  multiply(call.backend, {
    ...{ x: inputOf(call, "x"), matrix: inputOf(call, "matrix"), term: call.inputs.term },
    isTransposed: call.attributes.isTransposed === true,
  }),
];

export interface Multiplied {
  /** [..., inFeatures] */
  readonly x: tf.TensorInfo;
  /** [inFeatures, outFeatures], or [outFeatures, inFeatures] if it enters transposed. */
  readonly matrix: tf.TensorInfo;
  readonly isTransposed: boolean;
  /** [outFeatures], or the product's size. */
  readonly term?: tf.TensorInfo | undefined;
  /** The product's entries are multiplied by them before the term is added. */
  readonly factors?: DrawnFactors | undefined;
  /** A product that is added: of narrow [rows, rank] with b [rank, outFeatures], or with b transposed. */
  readonly added?: { readonly narrow: tf.TensorInfo; readonly b: tf.TensorInfo; readonly isTransposed: boolean };
}

/** (x·matrix + added)·factors + term, [..., outFeatures] */
export function multiply(
  backend: WebGPUBackend,
  { x, matrix, isTransposed, term, factors, added }: Multiplied,
): tf.TensorInfo {
  const { rows, features: inner } = rowsOf(x);
  const columns = matrix.shape[isTransposed ? 0 : 1] ?? 0;
  const orientation = (turned: boolean) => (turned ? "transposed" : undefined);
  const termAt = term && (term.shape.length === 1 ? " + term[column]" : " + term[i]");
  const product: MatrixProduct<"y"> = {
    name: "y",
    sides: ["rows", "inner", "columns"],
    left: ["x"],
    right: ["matrix", orientation(isTransposed)],
    added: added && { left: ["narrow"], right: ["b", orientation(added.isTransposed)], inner: "rank" },
    value: `sum${factors ? " * factorOf(i)" : ""}${termAt ?? ""}`,
  };
  const rank = added?.narrow.shape.at(-1) ?? 0;
  const inputs = { x, matrix, ...(term && { term }), ...(added && { narrow: added.narrow, b: added.b }) };
  const { y } = multiplyMatrices(backend, [product], { inputs, sizes: { rows, inner, columns, rank }, factors });
  return { ...y, shape: [...x.shape.slice(0, -1), columns] };
}
