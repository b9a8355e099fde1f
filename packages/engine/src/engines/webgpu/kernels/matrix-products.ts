// Products of matrices in float32, or with a packed one: one or a few in a dispatch.

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type * as tf from "@tensorflow/tfjs-core";
import type { RowSource } from "../deferred.ts";
import type { GpuMatrix } from "../gpu-packed-weights.ts";
import { numbersOf, readerOf } from "../packed-layout.ts";
import { runShader, type Shader, shaderOnce, typesOf } from "../run-shader.ts";
import type { DrawnFactors } from "./gpu-kernel.ts";
import { type Factor, keyOf, type Product, type Tile, tiledProducts, tileFor, tilesOf } from "./tiled-product.ts";

/** Some neighbouring columns of a matrix: names of their first one's number and of the number of all columns. */
interface Columns {
  readonly from: string;
  readonly width: string;
}

/** An input's name, whether it enters transposed, and its columns if not all are meant. */
type Matrix = readonly [name: string, orientation?: "transposed" | undefined, columns?: Columns];

/** left·right, [rows, inner]·[inner, columns]. */
export interface MatrixProduct<Name extends string> {
  /** The output. */
  readonly name: Name;
  /** The output's columns if not all are meant. */
  readonly part?: Columns;
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
  /** Matrices by name; a packed one is the right factor of a product. */
  readonly inputs: Readonly<Record<string, tf.TensorInfo | GpuMatrix>>;
  readonly sizes: Readonly<Record<string, number>>;
  /** More numbers, of f32. */
  readonly floats?: Readonly<Record<string, number>>;
  /** Tensors that are overwritten; the other outputs are new. */
  readonly into?: Readonly<Record<string, tf.TensorInfo>>;
  /** Factors of an input's entries, or of the output's: `factorOf(i)`. */
  readonly factors?: DrawnFactors | undefined;
  /** Makes x: where the products read it, or where none does, in workgroups of its own; `into` has it, and the other output if it is stored. */
  readonly source?: RowSource | undefined;
  /** The input whose entries are multiplied by the factors. */
  readonly dropped?: string | undefined;
}

/** Computes products in one dispatch, the first workgroups the first one, and so on. Returns the outputs by name. */
export function multiplyMatrices<Name extends string>(
  backend: WebGPUBackend,
  products: readonly MatrixProduct<Name>[],
  { inputs, sizes, floats: extraFloats = {}, into = {}, factors, dropped, source }: ProductInputs,
): Record<Name, tf.TensorInfo> {
  const shapes = products.map(({ sides: [rows, , columns] }) => [sizes[rows] ?? 1, sizes[columns] ?? 1] as const);
  const tiles = shapes.map((shape) => tileFor(...shape));
  const counts = shapes.map((shape, index) => tilesOf(tiles[index] as Tile, ...shape)); // a tile a shape
  const ends = counts.map((_, index) => counts.slice(0, index + 1).reduce((sum, count) => sum + count));
  const rest = source !== undefined && !readsX(products) ? Math.ceil((sizes.rows ?? 0) / sourceRows) : 0;
  const packed = packedIn(products, inputs);
  const places = Object.fromEntries(packed.flatMap(([name, matrix]) => Object.entries(numbersOf(matrix, name))));
  const numbers = { ...sizes, ...byName("end", ends), ...places };
  const floats = { ...extraFloats, ...source?.floats, factor: factors?.factor ?? 1 };
  const read = { ...inputs, ...source?.inputs };
  const written = Object.keys(into);
  const readers = packed.map(([name, { declarations }]) => name + declarations);
  const key = `${tiles.map(keyOf)} ${factors?.key} ${source?.key} ${written} ${JSON.stringify(products)} ${readers}`;
  const kind = { tiles, factors, dropped, source, written, packed, read, numbers, floats };
  const shader = shaderOnce(key, () => partsOf(products, kind));
  return runShader(backend, shader, {
    inputs: { ...read, ...(factors && { bits: factors.bits }) },
    outputs: { ...byOutput(products, (index) => [...(shapes[index] ?? [])]), ...into },
    numbers: { ...numbers, ...floats },
    groups: rest + (ends.at(-1) ?? 0),
  });
}

/** The packed matrices that products read, by name. */
function packedIn(products: readonly MatrixProduct<string>[], inputs: ProductInputs["inputs"]) {
  return products.flatMap(({ right: [name] }) => {
    const input = inputs[name];
    return input !== undefined && "declarations" in input ? [[name, input] as const] : [];
  });
}

/** Rows of x that a workgroup makes. */
const sourceRows = 16;

function readsX(products: readonly MatrixProduct<string>[]): boolean {
  return products.some(({ left: [name] }) => name === "x");
}

/** `name0`, `name1`, … */
export function byName<Value>(name: string, values: readonly Value[]): Readonly<Record<string, Value>> {
  return Object.fromEntries(values.map((value, index) => [`${name}${index}`, value]));
}

interface Kind extends Pick<ProductInputs, "factors" | "dropped" | "source"> {
  readonly tiles: readonly Tile[];
  /** Names of tensors that are overwritten. */
  readonly written: readonly string[];
  readonly packed: ReturnType<typeof packedIn>;
  /** Inputs, numbers of u32 and of f32, by name. */
  readonly read: object;
  readonly numbers: Readonly<Record<string, number>>;
  readonly floats: object;
}

function partsOf<Name extends string>(products: readonly MatrixProduct<Name>[], kind: Kind) {
  const { tiles, factors, source, written, packed, read, numbers, floats } = kind;
  const allFloats = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, "f32" as const]));
  // The first product's workgroups store what they make; those of the others make the same.
  const leftOfProduct = (index: number): Partial<Product> =>
    source === undefined || products[index]?.left[0] !== "x"
      ? {}
      : {
          left: { entry: `${index === 0 ? "storedEntry" : "sourceEntry"}(row, inner)`, neighbours: "inner" },
          prologue: `prepareRows(firstRow, lane, ${index === 0});`,
        };
  const functions = products.map((product, index) => ({
    ...textOf(product, kind),
    ...leftOfProduct(index),
    tile: tiles[index] as Tile,
  }));
  const declarations = source === undefined ? "" : sourceText(source, written);
  const tiled = tiledProducts(tiles[0] as Tile, byName("product", functions)); // there is a product
  const readers = packed.map(([name, matrix]) => readerOf(matrix, name)).join("");
  const allDeclarations = `${factors?.text ?? ""}${declarations}${readers}${tiled.declarations}`;
  const outputs = { ...byOutput(products, () => "f32" as const), ...allFloats(written) };
  const isUsed = (name: string) => !(name in outputs) && new RegExp(`\\b${name}\\[`).test(allDeclarations);
  const inputs: Shader["inputs"] = {
    ...allFloats(Object.keys(read).filter(isUsed)),
    ...Object.fromEntries(packed.map(([name]) => [name, "u32" as const])),
    ...(factors && { bits: "u32" }),
  };
  const calls = products.map((_, index) => {
    const place = index === 0 ? "group" : `group - numbers.end${index - 1}`;
    return `if (group < numbers.end${index}) { product${index}(${place}, lane); }`;
  });
  if (source !== undefined && !readsX(products))
    calls.push(`{ storeRows(group - numbers.end${products.length - 1}, lane); }`);
  return {
    lanes: tiled.lanes,
    outputs,
    declarations: allDeclarations,
    inputs,
    numbers: { ...typesOf(numbers), ...allFloats(Object.keys(floats)) },
    code: calls.join(" else "),
  };
}

/** `storedEntry(row, inner)` makes an entry of x and stores it; `storeRows(tile, lane)` those of some rows. */
function sourceText(source: RowSource, written: readonly string[]): string {
  return `${source.text(source.column !== undefined && written.includes(source.column))}
fn storedEntry(row: u32, inner: u32) -> f32 {
  let entry = sourceEntry(row, inner);
  x[row * numbers.inFeatures + inner] = entry;
  return entry;
}
fn storeRows(tile: u32, lane: u32) {
  prepareRows(tile * ${sourceRows}, lane, true);
  for (var n = lane; n < ${sourceRows} * numbers.inFeatures; n += 256) {
    let row = tile * ${sourceRows} + n / numbers.inFeatures;
    if (row < numbers.rows) { storedEntry(row, n % numbers.inFeatures); }
  }
}`;
}

function byOutput<Name extends string, Value>(
  products: readonly MatrixProduct<Name>[],
  valueFor: (index: number) => Value,
): Record<Name, Value> {
  const entries = products.map(({ name }, index) => [name, valueFor(index)]);
  return Object.fromEntries(entries) as Record<Name, Value>;
}

type Axis = "row" | "inner" | "column";

function textOf(
  { name, part, sides, left, right, added, value }: MatrixProduct<string>,
  { packed, dropped }: Pick<Kind, "packed" | "dropped">,
): Product {
  const [rows, inner, columns] = sides.map((side) => `numbers.${side}`) as [string, string, string];
  const factorsOf = (first: Matrix, second: Matrix, size: string) => ({
    inner: size,
    left: first[1] ? entries(first, ["inner", "row"], rows) : entries(first, ["row", "inner"], size),
    right: second[1] ? entries(second, ["column", "inner"], size) : entries(second, ["inner", "column"], columns),
  });
  const entries = ([array, , range]: Matrix, [outer, along]: readonly [Axis, Axis], width: string): Factor => {
    const index = `${outer} * ${start(range, width)} + ${along}`;
    const float = `${array}[${index}]${array === dropped ? ` * factorOf(${index})` : ""}`;
    const isPacked = packed.some(([name]) => name === array);
    return {
      entry: isPacked ? `${array}Entry(${outer}, ${along})` : float,
      neighbours: along === "inner" ? "inner" : "outer",
    };
  };
  return {
    rows,
    columns,
    ...factorsOf(left, right, inner),
    ...(added && { added: factorsOf(added.left, added.right, `numbers.${added.inner}`) }),
    store: `let i = row * ${start(part, columns)} + column; ${name}[i] = ${value};`,
  };
}

/** What follows "row * " in an entry's index, before its column. */
function start(part: Columns | undefined, width: string): string {
  return part === undefined ? width : `numbers.${part.width} + numbers.${part.from}`;
}
