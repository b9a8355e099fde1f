// A frozen product with its LoRA branch, y = x·W + term + scale·(x·A)·B, as the products of matrices that make y and its gradients.

import type * as tf from "@tensorflow/tfjs-core";
import { type GpuMatrix, packedWeightsOf } from "../gpu-packed-weights.ts";
import { type GpuKernelCall, inputOf, rowsOf } from "./gpu-kernel.ts";
import type { MatrixProduct } from "./matrix-products.ts";

/** A product with its branch. */
export interface BranchedProduct {
  readonly tensors: Readonly<Record<"a" | "b", tf.TensorInfo>> & {
    readonly matrix: tf.TensorInfo | GpuMatrix;
    readonly term: tf.TensorInfo | undefined;
    readonly dy: tf.TensorInfo | undefined;
  };
  readonly isTransposed: boolean;
  readonly scale: number;
  /** Its rank, its output's width, and where in `branches` its columns of scale·x·A and those of the gradient of x·A begin. */
  readonly sizes: Readonly<Record<"rank" | "out" | "projectionAt" | "gradientAt", number>>;
}

/** The products of a call, with what they share. */
export function partsOf(call: GpuKernelCall) {
  const x = inputOf(call, "x");
  const { rows, features: inFeatures } = rowsOf(x);
  const scales = call.attributes.scales as number[];
  const weights = call.attributes.weights as Readonly<Record<string, number>>;
  const matrixOf = (name: string) => {
    const weight = weights[name];
    return weight === undefined ? inputOf(call, name) : packedWeightsOf(call.backend).find(weight);
  };
  const ranks = scales.map((_, index) => inputOf(call, `a${index}`).shape[1] ?? 0);
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  let projectionAt = 0;
  const products = scales.map((scale, index): BranchedProduct => {
    const [matrix, a, b] = [matrixOf(`matrix${index}`), inputOf(call, `a${index}`), inputOf(call, `b${index}`)];
    const [term, dy] = [call.inputs[`term${index}`], call.inputs[`dy${index}`]];
    const sizes = { rank: ranks[index] ?? 0, out: b.shape[1] ?? 0, projectionAt, gradientAt: total + projectionAt };
    projectionAt += sizes.rank;
    const isTransposed = (call.attributes.areTransposed as boolean[])[index] === true;
    return { tensors: { matrix, a, b, term, dy }, isTransposed, scale, sizes };
  });
  return { products, shared: { x }, sizes: { rows, inFeatures, width: 2 * total } };
}

/** scale·x·A: [rows, rank], in columns of `branches`. */
export const projection = (_: BranchedProduct, index: number): MatrixProduct<string> => ({
  name: "branches",
  part: { from: `projectionAt${index}`, width: "width" },
  sides: ["rows", "inFeatures", `rank${index}`],
  left: ["x"],
  right: [`a${index}`],
  value: `numbers.scale${index} * sum`,
});

/** x·W + term + (scale·x·A)·B: [rows, out]. */
export const adaptedProduct = ({ isTransposed, tensors }: BranchedProduct, index: number): MatrixProduct<string> => ({
  name: `y${index}`,
  sides: ["rows", "inFeatures", `out${index}`],
  left: ["x"],
  right: [`matrix${index}`, isTransposed ? "transposed" : undefined],
  added: {
    left: ["branches", undefined, { from: `projectionAt${index}`, width: "width" }],
    right: [`b${index}`],
    inner: `rank${index}`,
  },
  value: `sum${tensors.term === undefined ? "" : ` + term${index}[column]`}`,
});

/** The gradient of x·A, scale·dy·Bᵀ: [rows, rank], in columns of `branches`. */
export const gradientOfProjection = (_: BranchedProduct, index: number): MatrixProduct<string> => ({
  name: "branches",
  part: { from: `gradientAt${index}`, width: "width" },
  sides: ["rows", `out${index}`, `rank${index}`],
  left: [`dy${index}`],
  right: [`b${index}`, "transposed"],
  value: `numbers.scale${index} * sum`,
});

/** The gradient of x·A as a factor. */
const projectionGradient = ["branches", undefined, { from: "gradientAt0", width: "width" }] as const;

/** xᵀ·(scale·dy·Bᵀ): [inFeatures, rank]. */
export const gradientOfA: MatrixProduct<string> = {
  name: "forA",
  sides: ["inFeatures", "rows", "rank0"],
  left: ["x", "transposed"],
  right: projectionGradient,
  value: "sum",
};

/** (scale·x·A)ᵀ·dy: [rank, out]. */
export const gradientOfB: MatrixProduct<string> = {
  name: "forB",
  sides: ["rank0", "rows", "out0"],
  left: ["branches", "transposed", { from: "projectionAt0", width: "width" }],
  right: ["dy0"],
  value: "sum",
};

/** dy·Wᵀ + (scale·dy·Bᵀ)·Aᵀ, and dx of the products before: [rows, inFeatures]. */
export const gradientOfX = (
  { isTransposed }: BranchedProduct,
  previous: tf.TensorInfo | undefined,
): MatrixProduct<string> => ({
  name: "dx",
  sides: ["rows", "out0", "inFeatures"],
  left: ["dy0"],
  right: ["matrix0", isTransposed ? undefined : "transposed"],
  added: { left: projectionGradient, right: ["a0", "transposed"], inner: "rank0" },
  value: `sum${previous === undefined ? "" : " + dx[i]"}`,
});
