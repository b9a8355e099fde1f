// Products of two factors of which a shader reads entries by expressions: matrices in either orientation, packed weights,
// inputs that drop entries. A workgroup computes one tile: it copies strips of both factors into its memory, and each lane
// multiplies 4 rows by 4 columns in registers.

/** The tile of a workgroup: rows and columns, multiples of 4, in `slices` that each sum a part of the inner axis. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly slices: number;
  /** Inner entries in memory at a time. */
  readonly depth: number;
}

const wide: Tile = { rows: 64, columns: 64, slices: 1, depth: 16 };
const small: Tile = { rows: 32, columns: 32, slices: 4, depth: 32 };
/** For sides of a rank's size: few tiles, long sums. */
export const narrowTile: Tile = { rows: 16, columns: 16, slices: 16, depth: 64 };

/** Tiles that keep a GPU busy. */
const enoughTiles = 64;

/** The tile for a product of this size. */
export function tileFor(rows: number, columns: number): Tile {
  if (Math.min(rows, columns) <= narrowTile.rows) return narrowTile;
  return tilesOf(wide, rows, columns) >= enoughTiles ? wide : small;
}

/** Workgroups of a product. */
export function tilesOf(tile: Tile, rows: number, columns: number): number {
  return Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns);
}

/** Tells shaders of different tiles apart in their keys. */
export function keyOf({ rows, columns }: Tile): string {
  return `${rows}x${columns}`;
}

/** A factor, read only inside its sizes. */
export interface Factor {
  /** An f32 expression of `row` and `inner` (left factor) or of `inner` and `column` (right factor), which are u32. */
  readonly entry: string;
  /** The axis along which neighbours in memory lie: `inner`, or the other one. */
  readonly neighbours: "inner" | "outer";
}

/** One product [rows, inner]·[inner, columns]. */
export interface Product {
  readonly left: Factor;
  readonly right: Factor;
  /** Statements that use an entry: f32 `sum` at u32 `row` and `column`. */
  readonly store: string;
  /** u32 expressions of uniform values. Default: `numbers.rows`, `numbers.columns`, `numbers.inner`. */
  readonly rows?: string;
  readonly columns?: string;
  readonly inner?: string;
}

/**
 * Parts of a shader: for each product a function of its name that computes a tile, `multiply(tile: u32, lane: u32)`. All
 * lanes of a workgroup must call it for the same tile, of `tilesOf`. Uses at most 8 KB of workgroup memory.
 *
 * @example
 * ```ts
 * const tile = tileFor(rows, columns);
 * const shader = {
 *   ...{ key: `my product ${keyOf(tile)}`, inputs: { x: "f32", w: "f32" }, outputs: { y: "f32" } },
 *   numbers: { rows: "u32", columns: "u32", inner: "u32" },
 *   ...tiledProducts(tile, {
 *     multiply: {
 *       left: entriesOf("x", ["row", "inner"]),
 *       right: { entry: "decoded(inner, column)", neighbours: "inner" }, // a function that the kernel declares, too
 *       store: "y[row * numbers.columns + column] = sum;",
 *     },
 *   }),
 *   code: "multiply(group, lane);",
 * };
 * ```
 */
export function tiledProducts(
  tile: Tile,
  products: Readonly<Record<string, Product>>,
): { readonly lanes: number; readonly declarations: string } {
  const { rows, columns, slices, depth } = tile;
  const functions = Object.entries(products).map(([name, product]) => productFunction(name, tile, product));
  return {
    lanes: ((rows * columns) / 16) * slices,
    declarations: `var<workgroup> tileMemory: array<vec4f, ${((rows + columns) / 4) * depth}>;\n${functions.join("\n")}`,
  };
}

type Axis = "row" | "inner" | "column";

/**
 * Entries of a matrix in an array, which is named or read by an expression of the index: `axes` names its rows and its
 * columns, `width` is an expression of the number of its columns.
 */
export function entriesOf(
  array: string | ((index: string) => string),
  [outer, along]: readonly [Axis, Axis],
  width: string = sizes[along],
): Factor {
  const index = `${outer} * ${width} + ${along}`;
  const entry = typeof array === "string" ? `${array}[${index}]` : array(index);
  return { entry, neighbours: along === "inner" ? "inner" : "outer" };
}

const sizes = { row: "numbers.rows", inner: "numbers.inner", column: "numbers.columns" } as const;

function productFunction(name: string, tile: Tile, product: Product): string {
  const { left, right, store, rows = sizes.row, columns = sizes.column, inner = sizes.inner } = product;
  const { depth, slices } = tile;
  const quads = { rows: tile.rows / 4, columns: tile.columns / 4 };
  const lanes = quads.rows * quads.columns * slices;
  const rightAt = quads.rows * depth;
  return `
fn ${name}Left(inner: u32, row: u32) -> f32 {
  if (row >= ${rows} || inner >= ${inner}) { return 0.0; }
  return ${left.entry};
}
fn ${name}Right(inner: u32, column: u32) -> f32 {
  if (column >= ${columns} || inner >= ${inner}) { return 0.0; }
  return ${right.entry};
}
fn ${name}(tile: u32, lane: u32) {
  let tilesAcross = (${columns} + ${tile.columns - 1}) / ${tile.columns};
  let firstRow = tile / tilesAcross * ${tile.rows};
  let firstColumn = tile % tilesAcross * ${tile.columns};
  let quadRow = lane / ${quads.columns} % ${quads.rows};
  let quadColumn = lane % ${quads.columns};
  let slice = lane / ${quads.rows * quads.columns};
  var sums: array<vec4f, 4>;
  for (var first = 0u; first < ${inner}; first += ${depth}) {
    ${copyStrip(`${name}Left`, { quads: quads.rows, depth, lanes, at: 0 }, left)}
    ${copyStrip(`${name}Right`, { quads: quads.columns, depth, lanes, at: rightAt }, right)}
    workgroupBarrier();
    for (var k = slice; k < ${depth}; k += ${slices}) {
      let l = tileMemory[k * ${quads.rows} + quadRow];
      let r = tileMemory[${rightAt} + k * ${quads.columns} + quadColumn];
      sums[0] += l.x * r;
      sums[1] += l.y * r;
      sums[2] += l.z * r;
      sums[3] += l.w * r;
    }
    workgroupBarrier();
  }
  ${sumOfSlices(slices, lanes / slices)}
  if (slice > 0) { return; }
  for (var i = 0u; i < 4; i++) {
    let row = firstRow + 4 * quadRow + i;
    for (var j = 0u; j < 4; j++) {
      let column = firstColumn + 4 * quadColumn + j;
      let sum = sums[i][j];
      if (row < ${rows} && column < ${columns}) { ${store} }
    }
  }
}`;
}

interface Strip {
  readonly quads: number;
  readonly depth: number;
  readonly lanes: number;
  /** Where the strip begins in memory. */
  readonly at: number;
}

/** Lanes that follow each other read neighbours; each writes 4 rows (or columns) of one inner entry, which are read together. */
function copyStrip(read: string, { quads, depth, lanes, at }: Strip, { neighbours }: Factor): string {
  const [k, quad] = neighbours === "inner" ? [`n % ${depth}`, `n / ${depth}`] : [`n / ${quads}`, `n % ${quads}`];
  const start = at === 0 ? "firstRow" : "firstColumn";
  return `for (var n = lane; n < ${quads * depth}; n += ${lanes}) {
      let k = ${k};
      let quad = ${quad};
      let at = ${start} + 4 * quad;
      let inner = first + k;
      tileMemory[${at} + k * ${quads} + quad] =
        vec4f(${[0, 1, 2, 3].map((index) => `${read}(inner, at + ${index})`).join(", ")});
    }`;
}

/** Adds up the slices' sums, the upper half to the lower half, until the first slice has all. */
function sumOfSlices(slices: number, lanesOfSlice: number): string {
  if (slices === 1) return "";
  return `for (var half = ${slices / 2}u; half > 0; half /= 2) {
    let place = (slice % half * ${lanesOfSlice} + lane % ${lanesOfSlice}) * 4;
    if (slice >= half && slice < 2 * half) { for (var i = 0u; i < 4; i++) { tileMemory[place + i] = sums[i]; } }
    workgroupBarrier();
    if (slice < half) { for (var i = 0u; i < 4; i++) { sums[i] += tileMemory[place + i]; } }
    workgroupBarrier();
  }`;
}
