// Products of rows with a matrix, and a sum with a bias or with the gradient from other layers, in one dispatch.

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type * as tf from "@tensorflow/tfjs-core";
import { runShader, typesOf } from "../run-shader.ts";
import type { DrawnFactors } from "./dropout.ts";
import { type GpuKernel, inputOf, rowsOf } from "./gpu-kernel.ts";
import { entriesOf, type Factor, keyOf, tiledProducts, tileFor, tilesOf } from "./tiled-product.ts";

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

/** (x·matrix)·factors + term, [..., outFeatures] */
export function multiply(backend: WebGPUBackend, { matrix, isTransposed, ...others }: Multiplied): tf.TensorInfo {
  const right = {
    ...{ key: `float32 ${isTransposed}`, matrix, type: "f32" },
    columns: matrix.shape[isTransposed ? 0 : 1] ?? 0,
    entries: entriesOf("matrix", isTransposed ? ["column", "inner"] : ["inner", "column"]),
  } as const;
  return multiplyBy(backend, right, others);
}

/** A matrix [inner, columns] as a shader reads it. */
export interface RightFactor {
  /** Tells factors apart that are read by other code. */
  readonly key: string;
  readonly columns: number;
  /** Bound as `matrix`, an array of this type. */
  readonly matrix: tf.TensorInfo | GPUBuffer;
  readonly type: "f32" | "u32";
  readonly entries: Factor;
  /** Functions that `entries` calls, and u32 numbers that they use. */
  readonly declarations?: string;
  readonly numbers?: Readonly<Record<string, number>>;
}

/** What is added to entry i of a product: one shader for all terms, because compiling one takes long. */
const termOf = `
fn termOf(row: u32, column: u32) -> f32 {
  if (numbers.termRows == 0) { return 0.0; }
  return term[row % numbers.termRows * numbers.columns + column];
}`;

/** The same with a matrix that is read in any way. */
export function multiplyBy(
  backend: WebGPUBackend,
  { key, columns, matrix, type, entries, declarations = "", numbers = {} }: RightFactor,
  { x, term, factors }: Pick<Multiplied, "x" | "term" | "factors">,
): tf.TensorInfo {
  const { rows, features: inner } = rowsOf(x);
  const termRows = term === undefined ? 0 : term.shape.length === 1 ? 1 : rows;
  const sizes = { rows, columns, inner, termRows, ...numbers };
  const tile = tileFor(rows, columns);
  const product = tiledProducts(tile, {
    multiply: {
      left: entriesOf("x", ["row", "inner"]),
      right: entries,
      store: `let i = row * numbers.columns + column;
        y[i] = sum${factors === undefined ? "" : " * factorOf(i)"} + termOf(row, column);`,
    },
  });
  const shader = {
    ...product,
    key: `linear ${keyOf(tile)} ${factors?.key} ${key}`,
    declarations: `${factors?.text ?? ""}${declarations}${termOf}${product.declarations}`,
    inputs: { ...({ x: "f32", matrix: type, term: "f32" } as const), ...(factors && ({ bits: "u32" } as const)) },
    outputs: { y: "f32" },
    numbers: { ...typesOf(sizes), factor: "f32" },
    code: "multiply(group, lane);",
  } as const;
  return runShader(backend, shader, {
    inputs: { x, matrix, term: term ?? x, ...(factors && { bits: factors.bits }) },
    outputs: { y: [...x.shape.slice(0, -1), columns] },
    numbers: { ...sizes, factor: factors?.factor ?? 1 },
    groups: tilesOf(tile, rows, columns),
  }).y;
}
