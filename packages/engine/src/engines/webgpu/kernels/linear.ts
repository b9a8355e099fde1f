// Products with a matrix in float32, and a sum with a bias or with the gradient from other layers, in one dispatch.

import type { Shader } from "../run-shader.ts";
import { runShader } from "../run-shader.ts";
import { type GpuKernel, inputOf, rowsOf } from "./gpu-kernel.ts";
import { entriesOf, keyOf, type Tile, tiledProducts, tileFor, tilesOf } from "./tiled-product.ts";

/** What is added to entry [row, column] of a product. */
const terms = {
  none: "",
  bias: " + term[column]",
  sum: " + term[row * numbers.columns + column]",
} as const;

interface Kind {
  readonly isTransposed: boolean;
  readonly term: keyof typeof terms;
}

/** x [..., inFeatures], matrix, and a term of [outFeatures] or of the product's size → x·matrix + term. */
export const linear: GpuKernel = (call) => {
  const [x, matrix] = [inputOf(call, "x"), inputOf(call, "matrix")];
  const isTransposed = call.attributes.isTransposed === true;
  const { rows, features: inner } = rowsOf(x);
  const columns = matrix.shape[isTransposed ? 0 : 1] ?? 0;
  const { term } = call.inputs;
  const kind = { isTransposed, term: term === undefined ? "none" : term.shape.length === 1 ? "bias" : "sum" } as const;
  const tile = tileFor(rows, columns);
  const { y } = runShader(call.backend, linearShader(tile, kind), {
    inputs: { x, matrix, ...(term === undefined ? {} : { term }) },
    outputs: { y: [...x.shape.slice(0, -1), columns] },
    numbers: { rows, columns, inner },
    groups: tilesOf(tile, rows, columns),
  });
  return [y];
};

function linearShader(tile: Tile, { isTransposed, term }: Kind): Shader & { readonly outputs: { readonly y: "f32" } } {
  return {
    key: `linear ${keyOf(tile)} ${isTransposed} ${term}`,
    inputs: { x: "f32", matrix: "f32", ...(term === "none" ? {} : { term: "f32" }) },
    outputs: { y: "f32" },
    numbers: { rows: "u32", columns: "u32", inner: "u32" },
    ...tiledProducts(tile, {
      multiply: {
        left: entriesOf("x", ["row", "inner"]),
        right: entriesOf("matrix", isTransposed ? ["column", "inner"] : ["inner", "column"]),
        store: `y[row * numbers.columns + column] = sum${terms[term]};`,
      },
    }),
    code: "multiply(group, lane);",
  };
}
