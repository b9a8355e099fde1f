// The LoRA branch: two dispatches forward, and two for the gradients of A and B, each of which computes two products. Where
// entries of x drop out, one more draws them.

import type * as tf from "@tensorflow/tfjs-core";
import { runShader, type Shader } from "../run-shader.ts";
import { type DrawnFactors, drawFactors } from "./dropout.ts";
import { type GpuKernel, type GpuKernelCall, inputOf, rowsOf, sizeOf } from "./gpu-kernel.ts";
import { multiply } from "./linear.ts";
import { entriesOf, keyOf, type Product, type Tile, tiledProducts, tileFor, tilesOf } from "./tiled-product.ts";

/** output [..., outFeatures], x [..., inFeatures], a, b → output + scale·(x·a)·b. Attributes of a draw drop entries of x. */
export const addLowRank: GpuKernel = (call) => {
  const output = inputOf(call, "output");
  return withFactors(call, inputOf(call, "x"), (factors) => {
    const { projected } = runProducts(call, [projection], { factors });
    const y = multiply(call.backend, { x: projected, matrix: inputOf(call, "b"), isTransposed: false, term: output });
    call.backend.disposeData(projected.dataId);
    return [{ ...y, shape: output.shape }];
  });
};

/** dy [..., outFeatures], x [..., inFeatures], a, b → the gradients of scale·x·a [rows, rank], of a and of b. */
export const addLowRankGradient: GpuKernel = (call) =>
  withFactors(call, inputOf(call, "x"), (factors) => {
    const made = runProducts(call, [projection, gradientOfProjection], { factors });
    const { forA, forB } = runProducts(call, [gradientOfA, gradientOfB], { factors, made });
    call.backend.disposeData(made.projected.dataId);
    return [made.narrow, forA, forB];
  });

/** narrow [rows, rank], a, and a term of x's size or none → the gradient of an x that dropped entries, plus the term. */
export const droppedLowRankGradient: GpuKernel = (call) => {
  const [narrow, a] = [inputOf(call, "narrow"), inputOf(call, "a")];
  const { term } = call.inputs;
  const shape = [rowsOf(narrow).rows, a.shape[0] ?? 0];
  return withFactors(call, { shape }, (factors) => [
    multiply(call.backend, { x: narrow, matrix: a, isTransposed: true, factors, term: term && { ...term, shape } }),
  ]);
};

/** Draws the factors of entries of x, if some drop out, for `use`, and frees them. */
function withFactors(
  { backend, attributes }: GpuKernelCall,
  { shape }: Pick<tf.TensorInfo, "shape">,
  use: (factors: DrawnFactors | undefined) => tf.TensorInfo[],
): tf.TensorInfo[] {
  const factors = drawFactors(backend, attributes, sizeOf(shape));
  const results = use(factors);
  if (factors !== undefined) backend.disposeData(factors.bits.dataId);
  return results;
}

const sizeTypes = { rows: "u32", rank: "u32", inFeatures: "u32", outFeatures: "u32" } as const;
type Side = keyof typeof sizeTypes;

/** A product of two of the arrays, written to the array `name`. */
interface NamedProduct<Name extends string> {
  readonly name: Name;
  readonly sides: Readonly<Record<"rows" | "columns" | "inner", Side>>;
  readonly left: { readonly array: string; readonly isTransposed: boolean };
  readonly right: { readonly array: string; readonly isTransposed: boolean };
  readonly isScaled: boolean;
}

const projection: NamedProduct<"projected"> = {
  ...{ name: "projected", isScaled: true, sides: { rows: "rows", columns: "rank", inner: "inFeatures" } },
  ...{ left: { array: "x", isTransposed: false }, right: { array: "a", isTransposed: false } },
};
const gradientOfProjection: NamedProduct<"narrow"> = {
  ...{ name: "narrow", isScaled: true, sides: { rows: "rows", columns: "rank", inner: "outFeatures" } },
  ...{ left: { array: "dy", isTransposed: false }, right: { array: "b", isTransposed: true } },
};
const gradientOfA: NamedProduct<"forA"> = {
  ...{ name: "forA", isScaled: false, sides: { rows: "inFeatures", columns: "rank", inner: "rows" } },
  ...{ left: { array: "x", isTransposed: true }, right: { array: "narrow", isTransposed: false } },
};
const gradientOfB: NamedProduct<"forB"> = {
  ...{ name: "forB", isScaled: false, sides: { rows: "rank", columns: "outFeatures", inner: "rows" } },
  ...{ left: { array: "projected", isTransposed: true }, right: { array: "dy", isTransposed: false } },
};

interface Sources {
  readonly factors: DrawnFactors | undefined;
  /** Inputs that the call does not have. */
  readonly made?: tf.NamedTensorInfoMap;
}

/** Computes one product, or two in one dispatch, where the first workgroups compute the first. Returns them by name. */
function runProducts<Name extends string>(
  call: GpuKernelCall,
  products: readonly NamedProduct<Name>[],
  { factors, made }: Sources,
): Record<Name, tf.TensorInfo> {
  const sizes = sizesOf(call);
  const shapes = products.map(({ sides: { rows, columns } }) => [sizes[rows], sizes[columns]] as const);
  const tile = tileFor(sizes.rank, Math.max(...shapes.flat()));
  const [first = 0, second = 0] = shapes.map(([rows, columns]) => tilesOf(tile, rows, columns));
  const shader = shaderOf(tile, products, factors);
  return runShader(call.backend, shader, {
    inputs: { ...call.inputs, ...made, ...(factors && { bits: factors.bits }) },
    outputs: byName(products, (_, index) => [...(shapes[index] ?? [])]),
    numbers: { ...sizes, first, scale: Number(call.attributes.scale), factor: factors?.factor ?? 1 },
    groups: first + second,
  });
}

function sizesOf(call: GpuKernelCall): Record<Side, number> {
  const [x, a, b] = [inputOf(call, "x"), inputOf(call, "a"), inputOf(call, "b")];
  const { rows, features } = rowsOf(x);
  return { rows, rank: a.shape[1] ?? 0, inFeatures: features, outFeatures: b.shape[1] ?? 0 };
}

function shaderOf<Name extends string>(
  tile: Tile,
  products: readonly NamedProduct<Name>[],
  factors: DrawnFactors | undefined,
): Shader & { readonly outputs: Record<Name, "f32"> } {
  const names = products.map(({ name }) => name);
  const arrays = new Set(products.flatMap(({ left, right }) => [left.array, right.array]));
  const functions = products.map((product, index) => [`product${index}`, textOf(product, factors)] as const);
  const tiled = tiledProducts(tile, Object.fromEntries(functions));
  return {
    ...tiled,
    key: `low rank ${names.join(" ")} ${keyOf(tile)} ${factors?.key}`,
    declarations: `${factors?.text ?? ""}${tiled.declarations}`,
    inputs: { ...Object.fromEntries([...arrays].map((name) => [name, "f32"])), ...(factors && { bits: "u32" }) },
    outputs: byName(products, () => "f32"),
    numbers: { ...sizeTypes, first: "u32", scale: "f32", factor: "f32" },
    code:
      products.length === 1
        ? "product0(group, lane);"
        : "if (group < numbers.first) { product0(group, lane); } else { product1(group - numbers.first, lane); }",
  };
}

function byName<Name extends string, Value>(
  products: readonly NamedProduct<Name>[],
  valueFor: (product: NamedProduct<Name>, index: number) => Value,
): Record<Name, Value> {
  return Object.fromEntries(products.map((product, index) => [product.name, valueFor(product, index)])) as Record<
    Name,
    Value
  >;
}

function textOf(
  { name, sides, left, right, isScaled }: NamedProduct<string>,
  factors: DrawnFactors | undefined,
): Product {
  const { rows, columns, inner } = {
    rows: `numbers.${sides.rows}`,
    columns: `numbers.${sides.columns}`,
    inner: `numbers.${sides.inner}`,
  };
  const read = (array: string) => (index: string) =>
    array === "x" && factors !== undefined ? `x[${index}] * factorOf(${index})` : `${array}[${index}]`;
  return {
    ...{ rows, columns, inner },
    left: left.isTransposed
      ? entriesOf(read(left.array), ["inner", "row"], rows)
      : entriesOf(read(left.array), ["row", "inner"], inner),
    right: right.isTransposed
      ? entriesOf(read(right.array), ["column", "inner"], inner)
      : entriesOf(read(right.array), ["inner", "column"], columns),
    store: `${name}[row * ${columns} + column] = ${isScaled ? "numbers.scale * " : ""}sum;`,
  };
}
