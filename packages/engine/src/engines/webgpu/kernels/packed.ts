// Products with packed matrices, and rows of them, decoded where they are used.

import { ArgumentError } from "../../../errors.ts";
import { sizeOf } from "../../../rows.ts";
import { packedWeightsOf } from "../gpu-packed-weights.ts";
import { numbersOf, readerOf } from "../packed-layout.ts";
import { runShader, typesOf } from "../run-shader.ts";
import { type GpuKernel, type GpuKernelCall, inputOf } from "./gpu-kernel.ts";
import { multiply } from "./linear.ts";

/** x [..., features], and a term of [columns] or of the product's size → x·M + term, or x·Mᵀ + term. */
export const packedProduct: GpuKernel = (call) => [
  multiply(call.backend, { x: inputOf(call, "x"), ...matrixOf(call), term: call.inputs.term }),
];

const lanes = 256;
const withIds = { ids: "i32" } as const;
const rowNumbers = { size: "u32", count: "u32", rowWidth: "u32", missing: "f32" } as const;

/** Rows of M or of Mᵀ: those that `ids` name, or all. A row is NaN if M has no such row and only the GPU knows the id. */
export const packedRows: GpuKernel = (call) => {
  const { ids } = call.inputs;
  const { matrix, isTransposed } = matrixOf(call);
  const [rows, columns] = matrix.shape;
  const [count, width] = isTransposed ? [columns, rows] : [rows, columns];
  const numbers = numbersOf(matrix, "matrix");
  const values = ids && (call.backend.tensorMap.get(ids.dataId).values as ArrayLike<number> | null);
  const invalidId = Array.from(values ?? []).find((id) => id < 0 || id >= count);
  if (invalidId !== undefined) throw new ArgumentError("A look-up", "id", invalidId, `a row from 0 to ${count - 1}`);
  const shape = [ids === undefined ? count : sizeOf(ids.shape), width];
  const size = sizeOf(shape);
  const shader = {
    key: `packed rows ${isTransposed} ${ids !== undefined} ${matrix.declarations}`,
    inputs: { matrix: "u32", ...(ids && withIds) },
    outputs: { y: "f32" },
    numbers: { ...rowNumbers, ...typesOf(numbers) },
    lanes,
    declarations: readerOf(matrix, "matrix"),
    code: `let i = group * ${lanes} + lane;
      if (i >= numbers.size) { return; }
      let row = ${ids ? "u32(ids[i / numbers.rowWidth])" : "i / numbers.rowWidth"};
      let column = i % numbers.rowWidth;
      y[i] = numbers.missing;
      if (row < numbers.count) { y[i] = matrixEntry(${isTransposed ? "column, row" : "row, column"}); }`,
  } as const;
  const { y } = runShader(call.backend, shader, {
    inputs: { matrix, ...(ids && { ids }) },
    outputs: { y: shape },
    numbers: { size, count, rowWidth: width, missing: Number.NaN, ...numbers },
    groups: Math.ceil(size / lanes),
  });
  return [y];
};

/** The matrix M, and whether its transpose is meant. */
function matrixOf({ backend, attributes: { weight, isTransposed } }: GpuKernelCall) {
  return { matrix: packedWeightsOf(backend).find(Number(weight)), isTransposed: isTransposed === true };
}
