// Products of matrices in float32: one or two in a dispatch.

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type * as tf from "@tensorflow/tfjs-core";
import { runShader, type Shader, shaderOnce } from "../run-shader.ts";
import type { DrawnFactors } from "./gpu-kernel.ts";
import { entriesOf, keyOf, type Product, type Tile, tiledProducts, tileFor, tilesOf } from "./tiled-product.ts";

/** An input's name, and whether it enters transposed. */
type Matrix = readonly [name: string, orientation?: "transposed" | undefined];

/** left·right, [rows, inner]·[inner, columns]. */
export interface MatrixProduct<Name extends string> {
  /** The output. */
  readonly name: Name;
  /** Names of the sizes. */
  readonly sides: readonly [rows: string, inner: string, columns: string];
  readonly left: Matrix;
  readonly right: Matrix;
  /** One more product that is added; `inner` names its inner size. */
  readonly added?: { readonly left: Matrix; readonly right: Matrix; readonly inner: string } | undefined;
  /** An expression of `sum`, `row`, `column` and the entry's number `i`. */
  readonly value: string;
}

/** What products are computed from. */
interface ProductInputs {
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  readonly sizes: Readonly<Record<string, number>>;
  /** The number `scale`. */
  readonly scale?: number;
  /** Factors of an input's entries, or of the output's: `factorOf(i)`. */
  readonly factors?: DrawnFactors | undefined;
  /** The input whose entries are multiplied by the factors. */
  readonly dropped?: string;
}

/** Computes one product, or two in one dispatch, where the first workgroups compute the first. Returns them by name. */
export function multiplyMatrices<Name extends string>(
  backend: WebGPUBackend,
  products: readonly MatrixProduct<Name>[],
  { inputs, sizes, scale = 1, factors, dropped }: ProductInputs,
): Record<Name, tf.TensorInfo> {
  const shapes = products.map(({ sides: [rows, , columns] }) => [sizes[rows] ?? 1, sizes[columns] ?? 1] as const);
  const [[rows, columns] = [1, 1]] = shapes;
  const tile = tileFor(rows, columns);
  const [first = 0, second = 0] = shapes.map((shape) => tilesOf(tile, ...shape));
  const kind = { tile, factors, dropped, inputs: Object.keys(inputs), sizes: Object.keys(sizes) };
  const key = `${keyOf(tile)} ${factors?.key} ${JSON.stringify(products)}`;
  const shader = shaderOnce(key, () => partsOf(products, kind));
  return runShader(backend, shader, {
    inputs: { ...inputs, ...(factors && { bits: factors.bits }) },
    outputs: byName(products, (index) => [...(shapes[index] ?? [])]),
    numbers: { ...sizes, first, scale, factor: factors?.factor ?? 1 },
    groups: first + second,
  });
}

interface Kind {
  readonly tile: Tile;
  readonly factors: DrawnFactors | undefined;
  readonly dropped: string | undefined;
  readonly inputs: readonly string[];
  readonly sizes: readonly string[];
}

function partsOf<Name extends string>(products: readonly MatrixProduct<Name>[], kind: Kind) {
  const { tile, factors, dropped, inputs, sizes } = kind;
  const functions = products.map((product, index) => [`product${index}`, textOf(product, dropped)] as const);
  const tiled = tiledProducts(tile, Object.fromEntries(functions));
  const used = inputs.filter((name) => new RegExp(`\\b${name}\\[`).test(tiled.declarations));
  const inputTypes: Shader["inputs"] = {
    ...Object.fromEntries(used.map((name) => [name, "f32" as const])),
    ...(factors && { bits: "u32" }),
  };
  return {
    lanes: tiled.lanes,
    outputs: byName(products, () => "f32" as const),
    declarations: `${factors?.text ?? ""}${tiled.declarations}`,
    inputs: inputTypes,
    numbers: {
      ...Object.fromEntries(sizes.map((name) => [name, "u32" as const])),
      ...({ first: "u32", scale: "f32", factor: "f32" } as const),
    },
    code:
      products.length === 1
        ? "product0(group, lane);"
        : "if (group < numbers.first) { product0(group, lane); } else { product1(group - numbers.first, lane); }",
  };
}

function byName<Name extends string, Value>(
  products: readonly MatrixProduct<Name>[],
  valueFor: (index: number) => Value,
): Record<Name, Value> {
  const entries = products.map(({ name }, index) => [name, valueFor(index)]);
  return Object.fromEntries(entries) as Record<Name, Value>;
}

function textOf({ name, sides, left, right, added, value }: MatrixProduct<string>, dropped?: string): Product {
  const [rows, inner, columns] = sides.map((side) => `numbers.${side}`) as [string, string, string];
  const factorsOf = (first: Matrix, second: Matrix, size: string) => ({
    inner: size,
    left: first[1] ? entries(first, ["inner", "row"], rows) : entries(first, ["row", "inner"], size),
    right: second[1] ? entries(second, ["column", "inner"], size) : entries(second, ["inner", "column"], columns),
  });
  const entries = ([array]: Matrix, ...where: readonly [Parameters<typeof entriesOf>[1], string]) =>
    entriesOf((index) => `${array}[${index}]${array === dropped ? ` * factorOf(${index})` : ""}`, ...where);
  return {
    ...{ rows, columns, ...factorsOf(left, right, inner) },
    ...(added && { added: factorsOf(added.left, added.right, `numbers.${added.inner}`) }),
    store: `let i = row * ${columns} + column; ${name}[i] = ${value};`,
  };
}
