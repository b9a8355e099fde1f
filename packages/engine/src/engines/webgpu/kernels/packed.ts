// Products with packed matrices, and rows of them, decoded where they are used.

import { ArgumentError } from "../../../errors.ts";
import { sizeOf } from "../../../rows.ts";
import { packedWeightsOf } from "../gpu-packed-weights.ts";
import { runShader, shaderOnce, typesOf } from "../run-shader.ts";
import { type GpuKernel, type GpuKernelCall, inputOf, rowsOf } from "./gpu-kernel.ts";
import { entriesOf, keyOf, tiledProducts, tileFor, tilesOf } from "./tiled-product.ts";

/** What is added to an entry of a product: one shader for all terms, because a shader takes long to compile. */
const termOf = `
fn termOf(row: u32, column: u32) -> f32 {
  if (numbers.termRows == 0) { return 0.0; }
  return term[row % numbers.termRows * numbers.columns + column];
}`;

/** x [..., features], and a term of [columns] or of the product's size → x·M + term, or x·Mᵀ + term. */
export const packedProduct: GpuKernel = (call) => {
  const x = inputOf(call, "x");
  const { term } = call.inputs;
  const { isTransposed, buffer, layout, ...matrix } = matrixOf(call);
  const { rows, features: inner } = rowsOf(x);
  const columns = isTransposed ? matrix.rows : matrix.columns;
  const termRows = term === undefined ? 0 : term.shape.length === 1 ? 1 : rows;
  const sizes = { rows, columns, inner, termRows, ...layout.numbers };
  const tile = tileFor(rows, columns);
  const key = `packed product ${keyOf(tile)} ${isTransposed} ${layout.declarations}`;
  const shader = shaderOnce(key, () => {
    const product = tiledProducts(tile, {
      multiply: {
        left: entriesOf("x", ["row", "inner"]),
        right: isTransposed
          ? { entry: "entryOf(column, inner)", neighbours: "inner" }
          : { entry: "entryOf(inner, column)", neighbours: "outer" },
        store: "y[row * numbers.columns + column] = sum + termOf(row, column);",
      },
    });
    return {
      inputs: { x: "f32", term: "f32", matrix: "u32" },
      outputs: { y: "f32" },
      numbers: typesOf(sizes),
      ...product,
      declarations: `${layout.declarations}${termOf}${product.declarations}`,
      code: "multiply(group, lane);",
    } as const;
  });
  const { y } = runShader(call.backend, shader, {
    inputs: { x, term: term ?? x, matrix: buffer },
    outputs: { y: [...x.shape.slice(0, -1), columns] },
    numbers: sizes,
    groups: tilesOf(tile, rows, columns),
  });
  return [y];
};

const lanes = 256;
const withIds = { ids: "i32" } as const;
const rowNumbers = { size: "u32", count: "u32", rowWidth: "u32", missing: "f32" } as const;

/** Rows of M or of Mᵀ: those that `ids` name, or all. A row is NaN if M has no such row and only the GPU knows the id. */
export const packedRows: GpuKernel = (call) => {
  const { ids } = call.inputs;
  const { buffer, layout, isTransposed, ...matrix } = matrixOf(call);
  const [count, width] = isTransposed ? [matrix.columns, matrix.rows] : [matrix.rows, matrix.columns];
  const values = ids && (call.backend.tensorMap.get(ids.dataId).values as ArrayLike<number> | null);
  const invalidId = Array.from(values ?? []).find((id) => id < 0 || id >= count);
  if (invalidId !== undefined) throw new ArgumentError("A look-up", "id", invalidId, `a row from 0 to ${count - 1}`);
  const shape = [ids === undefined ? count : sizeOf(ids.shape), width];
  const size = sizeOf(shape);
  const shader = {
    key: `packed rows ${isTransposed} ${ids !== undefined} ${layout.declarations}`,
    inputs: { matrix: "u32", ...(ids && withIds) },
    outputs: { y: "f32" },
    numbers: { ...rowNumbers, ...typesOf(layout.numbers) },
    lanes,
    declarations: layout.declarations,
    code: `let i = group * ${lanes} + lane;
      if (i >= numbers.size) { return; }
      let row = ${ids ? "u32(ids[i / numbers.rowWidth])" : "i / numbers.rowWidth"};
      let column = i % numbers.rowWidth;
      y[i] = numbers.missing;
      if (row < numbers.count) { y[i] = entryOf(${isTransposed ? "column, row" : "row, column"}); }`,
  } as const;
  const { y } = runShader(call.backend, shader, {
    inputs: { matrix: buffer, ...(ids && { ids }) },
    outputs: { y: shape },
    numbers: { size, count, rowWidth: width, missing: Number.NaN, ...layout.numbers },
    groups: Math.ceil(size / lanes),
  });
  return [y];
};

/** The matrix M, and whether its transpose is meant. */
function matrixOf({ backend, attributes: { weight, isTransposed } }: GpuKernelCall) {
  return { ...packedWeightsOf(backend).find(Number(weight)), isTransposed: isTransposed === true };
}
