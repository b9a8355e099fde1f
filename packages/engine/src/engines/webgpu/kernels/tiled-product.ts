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
const narrowTile: Tile = { rows: 16, columns: 16, slices: 16, depth: 64 };

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
  /** Statements before all others, of a tile whose first row is `firstRow`. */
  readonly prologue?: string;
  /** Default: that of all products. */
  readonly tile?: Tile;
  /** One more product that is added, with an inner axis of its own. */
  readonly added?: { readonly left: Factor; readonly right: Factor; readonly inner: string };
}

/**
 * Parts of a shader: for each product a function of its name that computes a tile, `multiply(tile: u32, lane: u32)`. All
 * lanes of a workgroup must call it for the same tile, of `tilesOf`. Uses 8 KB of workgroup memory, whatever the tile.
 */
export function tiledProducts(
  tile: Tile,
  products: Readonly<Record<string, Product>>,
): { readonly lanes: number; readonly declarations: string } {
  const { rows, columns, slices, depth } = tile;
  const functions = Object.entries(products).map(([name, product]) =>
    productFunction(name, product.tile ?? tile, product),
  );
  return {
    lanes: ((rows * columns) / 16) * slices,
    declarations: `var<workgroup> tileMemory: array<vec4f, ${((rows + columns) / 4) * depth}>;\n${functions.join("\n")}`,
  };
}

const sizes = { row: "numbers.rows", inner: "numbers.inner", column: "numbers.columns" } as const;

function productFunction(name: string, tile: Tile, product: Product): string {
  const {
    left,
    right,
    store,
    prologue = "",
    rows = sizes.row,
    columns = sizes.column,
    inner = sizes.inner,
    added,
  } = product;
  const quads = { rows: tile.rows / 4, columns: tile.columns / 4 };
  const terms = [{ left, right, inner }, ...(added === undefined ? [] : [added])];
  return `${terms.map((term, index) => readers(`${name}${index}`, { ...term, rows, columns })).join("")}
fn ${name}(tile: u32, lane: u32) {
  let tilesAcross = (${columns} + ${tile.columns - 1}) / ${tile.columns};
  let firstRow = tile / tilesAcross * ${tile.rows};
  let firstColumn = tile % tilesAcross * ${tile.columns};
  ${prologue}
  let quadRow = lane / ${quads.columns} % ${quads.rows};
  let quadColumn = lane % ${quads.columns};
  let slice = lane / ${quads.rows * quads.columns};
  var sums: array<vec4f, 4>;
  ${terms.map((term, index) => addProduct(`${name}${index}`, tile, term)).join("")}
  ${storeSums(name, tile)}
}
fn ${name}Store(row: u32, firstColumn: u32, sums: vec4f) {
  for (var j = 0u; j < 4; j++) {
    let column = firstColumn + j;
    let sum = sums[j];
    if (row < ${rows} && column < ${columns}) { ${store} }
  }
}`;
}

type Term = Required<Pick<Product, "left" | "right" | "inner">>;

/** Entries of both factors, 0 outside the sizes. */
function readers(
  name: string,
  { left, right, inner, rows, columns }: Term & Required<Pick<Product, "rows" | "columns">>,
) {
  return `
fn ${name}Left(inner: u32, row: u32) -> f32 {
  if (row >= ${rows} || inner >= ${inner}) { return 0.0; }
  return ${left.entry};
}
fn ${name}Right(inner: u32, column: u32) -> f32 {
  if (column >= ${columns} || inner >= ${inner}) { return 0.0; }
  return ${right.entry};
}`;
}

/** Adds a product to the sums of each lane. */
function addProduct(name: string, { rows, columns, slices, depth }: Tile, { left, right, inner }: Term): string {
  const quads = { rows: rows / 4, columns: columns / 4 };
  const lanes = quads.rows * quads.columns * slices;
  const rightAt = quads.rows * depth;
  return `for (var first = 0u; first < ${inner}; first += ${depth}) {
    ${copyStrip(`${name}Left`, { quads: quads.rows, depth, lanes, at: 0 }, left)}
    ${copyStrip(`${name}Right`, { quads: quads.columns, depth, lanes, at: rightAt }, right)}
    workgroupBarrier();
    for (var k = slice * ${depth / slices}; k < (slice + 1) * ${depth / slices}; k++) {
      let l = tileMemory[k * ${quads.rows} + quadRow];
      let r = tileMemory[${rightAt} + k * ${quads.columns} + quadColumn];
      sums[0] += l.x * r;
      sums[1] += l.y * r;
      sums[2] += l.z * r;
      sums[3] += l.w * r;
    }
    workgroupBarrier();
  }
  `;
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

/** The slices' sums meet in memory, two rows of each lane at a time. There, every lane of the first ones adds up four. */
function storeSums(name: string, { rows, columns, slices }: Tile): string {
  const quads = (rows * columns) / 16;
  const [row, column] = ["firstRow + 4 * quadRow", "firstColumn + 4 * quadColumn"];
  if (slices === 1) return `for (var i = 0u; i < 4; i++) { ${name}Store(${row} + i, ${column}, sums[i]); }`;
  return `for (var i = 0u; i < 4; i += 2) {
    tileMemory[lane] = sums[i];
    tileMemory[${quads * slices} + lane] = sums[i + 1];
    workgroupBarrier();
    if (slice < 2) {
      var sum = vec4f(0);
      for (var part = 0u; part < ${slices}; part++) {
        sum += tileMemory[(slice * ${slices} + part) * ${quads} + lane % ${quads}];
      }
      ${name}Store(${row} + i + slice, ${column}, sum);
    }
    workgroupBarrier();
  }`;
}
