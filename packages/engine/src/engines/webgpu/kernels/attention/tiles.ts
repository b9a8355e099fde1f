// The parts of which attention's shaders are made. A workgroup owns 32 queries (or keys) of a head, and passes over the other
// side in tiles of 32: no more than 32 × 32 scores exist at a time, in the workgroup's memory. Of them each of its 64 lanes
// computes 4 × 4: own rows from 4·quadRow on, others from 4·quadColumn on.

import { maskedScore } from "../../../../kernels/masked-score.ts";
import { type Shader, shaderOnce } from "../../run-shader.ts";
import type { DrawnFactors } from "../gpu-kernel.ts";

/** Own rows of a workgroup, rows of another tile, and columns of a chunk of features. */
export const tileSize = 32;
export const lanes = 64;
/** Rows of the table of groups that one dispatch reads. */
export const largestTable = 64;
/** Near the largest float32: the largest score of a row that sees nothing, which makes all its weights 0. */
export const beyondScores = "3e38";
/** Vectors between neighbours in memory, one more than there are, so that lanes which write a column meet different banks. */
export const pitch = 9;

/** What differs in a shader's text. */
export interface Variant {
  readonly hasMask: boolean;
  readonly hasCap: boolean;
  /** What weights are multiplied by, where some drop out. */
  readonly factors: DrawnFactors | undefined;
  readonly tableRows: number;
  readonly headSize: number;
  readonly valueSize: number;
}

export type Side = "query" | "key";
export type Rows = "query" | "key" | "value" | "dy" | "output";

export const sideOf: Readonly<Record<Rows, Side>> = {
  query: "query",
  dy: "query",
  output: "query",
  key: "key",
  value: "key",
};
export const sizeOfRows: Readonly<Record<Rows, string>> = {
  query: "numbers.headSize",
  key: "numbers.headSize",
  value: "numbers.valueSize",
  dy: "numbers.valueSize",
  output: "numbers.valueSize",
};

export function chunksOf(features: number): number {
  return Math.ceil(features / tileSize);
}

/** A shader whose workgroups own rows of a side. Its code knows `owned`, `ownStart` (their first row), `quadRow` and `quadColumn`. */
export function attentionShader<Outputs extends Shader["outputs"]>(
  name: string,
  variant: Variant,
  write: () => {
    readonly ownedSide: Side;
    readonly reads: readonly Rows[];
    readonly inputs?: readonly string[];
    readonly outputs: Outputs;
    readonly code: string;
    /** More of the workgroup's memory. */
    readonly memory?: string;
  },
): Shader & { readonly outputs: Outputs } {
  const { hasMask, hasCap, factors, tableRows, headSize, valueSize } = variant;
  const key = `${name} ${hasMask} ${hasCap} ${factors?.key} ${tableRows} ${chunksOf(headSize)} ${chunksOf(valueSize)}`;
  return shaderOnce(key, () => {
    const { ownedSide, reads, inputs: more = [], outputs, code, memory = "" } = write();
    const inputs: Shader["inputs"] = {
      ...Object.fromEntries([...reads, ...more, ...(hasMask ? ["mask"] : [])].map((input) => [input, "f32" as const])),
      ...(factors && { bits: "u32" }),
    };
    return {
      inputs,
      outputs,
      numbers,
      tableRows,
      lanes,
      declarations: [...reads.map(entriesOf), ownerText(ownedSide, tableRows), scoreText(variant), memory].join("\n"),
      code: `let owned = ownedBy(group);
      let ownStart = owned.tile * ${tileSize};
      let quadRow = lane / 8;
      let quadColumn = lane % 8;
      ${code}`,
    };
  });
}

const numbers = {
  ...({ heads: "u32", keyHeads: "u32", headSize: "u32", valueSize: "u32", byToken: "u32", window: "u32" } as const),
  ...({ scale: "f32", cap: "f32", factor: "f32", maskItem: "u32", maskHead: "u32", maskQuery: "u32" } as const),
};

/** Entries of rows, 0 outside. */
function entriesOf(rows: Rows): string {
  const vectors = sideOf[rows] === "query" ? "queries" : "keys";
  return `fn ${rows}Entry(row: u32, column: u32) -> f32 {
    if (row >= ${vectors}.count || column >= ${sizeOfRows[rows]}) { return 0.0; }
    return ${rows}[(${vectors}.first + row * ${vectors}.step) * ${sizeOfRows[rows]} + column];
  }`;
}

/** Which head and rows a workgroup owns. The table has each group's first workgroup and token, and a sequence's queries and keys. */
function ownerText(ownedSide: Side, tableRows: number): string {
  return `
struct Owned { first: u32, item: u32, head: u32, tile: u32, queryTime: u32, keyTime: u32 }
struct Vectors { first: u32, step: u32, count: u32 }
var<private> queries: Vectors;
var<private> keys: Vectors;
var<workgroup> left: array<vec4f, ${tileSize * pitch}>;
var<workgroup> right: array<vec4f, ${tileSize * pitch}>;
var<workgroup> weights: array<vec4f, ${tileSize * pitch}>;
fn ownedBy(group: u32) -> Owned {
  var row = 0u;
  while (row + 1 < ${tableRows} && numbers.table[row + 1].x <= group) { row++; }
  let found = numbers.table[row];
  let number = group - found.x;
  let tiles = (${ownedSide === "query" ? "found.z" : "found.w"} + ${tileSize - 1}) / ${tileSize};
  let heads = ${ownedSide === "query" ? "numbers.heads" : "numbers.keyHeads"};
  return Owned(found.y, number / tiles / heads, number / tiles % heads, number % tiles, found.z, found.w);
}
fn vectorsOf(owned: Owned, time: u32, head: u32, heads: u32) -> Vectors {
  let first = (owned.first + owned.item * time) * heads;
  if (numbers.byToken == 1) { return Vectors(first + head, heads, time); }
  return Vectors(first + head * time, 1, time);
}
fn chooseHead(owned: Owned, head: u32) {
  queries = vectorsOf(owned, owned.queryTime, head, numbers.heads);
  keys = vectorsOf(owned, owned.keyTime, head / (numbers.heads / numbers.keyHeads), numbers.keyHeads);
}
fn keysSeen(owned: Owned, tile: u32) -> vec2u {
  if (numbers.window == 0) { return vec2u(0, owned.keyTime); }
  let past = owned.keyTime - owned.queryTime;
  let end = past + min(tile + ${tileSize}, owned.queryTime);
  return vec2u(max(past + tile + 1, numbers.window) - numbers.window, end);
}
fn queriesThatSee(owned: Owned, tile: u32) -> vec2u {
  if (numbers.window == 0) { return vec2u(0, owned.queryTime); }
  let past = owned.keyTime - owned.queryTime;
  let end = max(min(tile + ${tileSize}, owned.keyTime) - 1 + numbers.window, past) - past;
  return vec2u(max(tile, past) - past, min(end, owned.queryTime));
}
fn isHidden(owned: Owned, query: vec4u, key: vec4u) -> vec4<bool> {
  let isOutside = (query >= vec4u(owned.queryTime)) | (key >= vec4u(owned.keyTime));
  if (numbers.window == 0) { return isOutside; }
  let last = query + (owned.keyTime - owned.queryTime);
  return isOutside | (key > last) | (last - key >= vec4u(numbers.window));
}`;
}

/** From products to scores, and what of a score's gradient goes back to its product. */
function scoreText({ hasMask, hasCap, factors }: Variant): string {
  const each = (name: string) => [..."xyzw"].map((j) => `${name}(owned, query.${j}, key.${j}, head)`).join(", ");
  return `
${hasCap ? tanhText : ""}
fn boundedScores(products: vec4f) -> vec4f {
  ${hasCap ? "return numbers.cap * tanhOf(products * (numbers.scale / numbers.cap));" : "return products * numbers.scale;"}
}
fn slopes(products: vec4f) -> vec4f {
  ${hasCap ? "let bound = tanhOf(products * (numbers.scale / numbers.cap)); return numbers.scale * (1 - bound * bound);" : "return vec4f(numbers.scale);"}
}
${
  hasMask
    ? `fn maskEntry(owned: Owned, query: u32, key: u32, head: u32) -> f32 {
  return mask[owned.item * numbers.maskItem + head * numbers.maskHead + query * numbers.maskQuery + key];
}
fn masks(owned: Owned, query: vec4u, key: vec4u, head: u32) -> vec4f { return vec4f(${each("maskEntry")}); }
fn bounded(mask: vec4f) -> vec4f { return select(mask, vec4f(${maskedScore}), mask < vec4f(${maskedScore})); }
fn isSeen(mask: vec4f) -> vec4<bool> {
  // NaN counts as seen, and compilers may assume that there is none.
  let isNotNumber = (bitcast<vec4u>(mask) & vec4u(0x7fffffff)) > vec4u(0x7f800000);
  return isNotNumber | (mask > vec4f(${maskedScore / 2}));
}`
    : ""
}
${
  factors === undefined
    ? ""
    : `${factors.text}
fn factorEntry(owned: Owned, query: u32, key: u32, head: u32) -> f32 {
  return factorOf(((owned.item * numbers.heads + head) * owned.queryTime + query) * owned.keyTime + key);
}
fn factors(owned: Owned, query: vec4u, key: vec4u, head: u32) -> vec4f { return vec4f(${each("factorEntry")}); }`
}`;
}

/** The built-in function may overflow, or be wrong by 1e-5. */
const tanhText = `fn tanhOf(x: vec4f) -> vec4f {
  let e = exp(-2 * abs(x));
  let square = x * x;
  let small = x * (1 - square * (0.33333334 - square * 0.13333334));
  return select(sign(x) * (1 - e) / (1 + e), small, square < vec4f(0.01));
}`;
