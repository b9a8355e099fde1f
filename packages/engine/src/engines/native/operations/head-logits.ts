// The logits of a loss: a product of the hidden states with some rows of the head in float32, within the graph that needs them, or
// one in 8 bits that is computed before.

import type { Int8Tile } from "../int8/native-int8-weights.ts";
import type { GraphWriter } from "../kernels/graph.ts";
import type { NativeBackend } from "../native-backend.ts";
import type { NativeTensor } from "../runtime/native-tensor.ts";
import { type HeadTable, roundedLogits, roundedTileClasses } from "./rounded-head.ts";

/** Logits of one tile, so that they stay in the cache between the graph's nodes. */
const tileEntries = 256 * 1024;

export interface Head extends HeadTable {
  readonly bias: Float32Array | undefined;
  /** Its tiles in 8 bits, if they are multiplied in 8 bits. */
  readonly rounded: readonly Int8Tile[] | undefined;
}

/** Some neighbouring classes. */
export interface Tile {
  readonly index: number;
  readonly first: number;
  readonly count: number;
}

export function tilesOf({ classes, rounded }: Head, rows: number): readonly Tile[] {
  const wished = rounded === undefined ? Math.max(1, Math.floor(tileEntries / rows)) : roundedTileClasses;
  const width = Math.min(classes, wished);
  return Array.from({ length: Math.ceil(classes / width) }, (_, index) => {
    const first = index * width;
    return { index, first, count: Math.min(width, classes - first) };
  });
}

/** How the logits of a tile are computed: the graph's inputs by name, and their values for a tile. */
export interface Logits {
  readonly names: readonly string[];
  inputs(tile: Tile): NativeTensor[];
  /** As in `RoundedLogits`, for the last tile given to `inputs`. */
  readonly takeOut?: (row: number, column: number) => number | undefined;
  free(): void;
}

export function logitsFor(backend: NativeBackend, head: Head, hidden: NativeTensor): Logits {
  const { bias, rounded } = head;
  const biasOf = ({ first, count }: Tile): NativeTensor[] =>
    bias === undefined ? [] : [{ values: bias.subarray(first, first + count), shape: [count] }];
  const biasName = bias === undefined ? [] : ["bias"];
  if (rounded === undefined) {
    const inputs = (tile: Tile) => [hidden, rowsOf(head, tile), ...biasOf(tile)];
    return { names: ["hidden", "head", ...biasName], inputs, free: () => {} };
  }
  const { factors, sums, takeOut, free } = roundedLogits(backend, rounded, hidden);
  let first = 0;
  const inputs = (tile: Tile) => {
    first = tile.first;
    return [sums(tile.index), factors, ...biasOf(tile)];
  };
  const withBias = (row: number, column: number) => {
    const product = takeOut(row, column);
    return product && product + (bias?.[first + column] ?? 0);
  };
  return { names: ["sums", "factors", ...biasName], inputs, takeOut: withBias, free };
}

export function logitsOf(g: GraphWriter, names: readonly string[]): string {
  const isRounded = names.includes("sums");
  const product = isRounded ? g.multiply("sums", "factors") : g.product("hidden", "head", { transB: true });
  return names.includes("bias") ? g.add(product, "bias") : product;
}

/** The tile's part of the head: one contiguous piece. */
function rowsOf({ rows, features }: Head, { first, count }: Tile): NativeTensor {
  return { values: rows(first, count), shape: [count, features] };
}

/** One logit by itself, in double precision. */
export function logitOf({ rows, bias, features }: Head, hidden: Float32Array, row: number, label: number): number {
  const weights = rows(label, 1);
  let sum = bias?.[label] ?? 0;
  for (let feature = 0; feature < features; feature++)
    sum += (hidden[row * features + feature] ?? 0) * (weights[feature] ?? 0);
  return sum;
}
