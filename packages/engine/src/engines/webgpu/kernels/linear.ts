// Products with a matrix in float32, and a sum with a bias or with the gradient from other layers, in one dispatch.

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type * as tf from "@tensorflow/tfjs-core";
import { runShader } from "../run-shader.ts";
import type { DrawnFactors } from "./dropout.ts";
import { type GpuKernel, inputOf, rowsOf } from "./gpu-kernel.ts";
import { entriesOf, keyOf, tiledProducts, tileFor, tilesOf } from "./tiled-product.ts";

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
}

/** What is added to entry [row, column], number i, of a product. */
const terms = { none: "", bias: " + term[column]", sum: " + term[i]" } as const;

/** (x·matrix)·factors + term, [..., outFeatures] */
export function multiply(
  backend: WebGPUBackend,
  { x, matrix, isTransposed, term, factors }: Multiplied,
): tf.TensorInfo {
  const { rows, features: inner } = rowsOf(x);
  const columns = matrix.shape[isTransposed ? 0 : 1] ?? 0;
  const tile = tileFor(rows, columns);
  const kind = term === undefined ? "none" : term.shape.length === 1 ? "bias" : "sum";
  const product = tiledProducts(tile, {
    multiply: {
      left: entriesOf("x", ["row", "inner"]),
      right: entriesOf("matrix", isTransposed ? ["column", "inner"] : ["inner", "column"]),
      store: `let i = row * numbers.columns + column;
        y[i] = sum${factors === undefined ? "" : " * factorOf(i)"}${terms[kind]};`,
    },
  });
  const shader = {
    ...product,
    key: `linear ${keyOf(tile)} ${isTransposed} ${kind} ${factors?.key}`,
    declarations: `${factors?.text ?? ""}${product.declarations}`,
    inputs: {
      ...({ x: "f32", matrix: "f32" } as const),
      ...(term && ({ term: "f32" } as const)),
      ...(factors && ({ bits: "u32" } as const)),
    },
    outputs: { y: "f32" },
    numbers: { rows: "u32", columns: "u32", inner: "u32", factor: "f32" },
    code: "multiply(group, lane);",
  } as const;
  return runShader(backend, shader, {
    inputs: { x, matrix, ...(term && { term }), ...(factors && { bits: factors.bits }) },
    outputs: { y: [...x.shape.slice(0, -1), columns] },
    numbers: { rows, columns, inner, factor: factors?.factor ?? 1 },
    groups: tilesOf(tile, rows, columns),
  }).y;
}
