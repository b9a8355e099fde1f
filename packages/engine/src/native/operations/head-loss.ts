// Cross-entropy straight from hidden states, through an output head of [classes, features], a few thousand classes at a time.
// Each tile of the head is read once for the logits and once for the gradient, both times as a contiguous piece of memory;
// the logits of a tile are exponentiated while they are in the cache, and their maxima and sums are brought together
// afterwards (the running softmax of Milakov and Gimelshein 2018).

import type * as tf from "@tensorflow/tfjs-core";
import { graphOf } from "../kernels/graph.ts";
import { inputOf, type KernelCall, registerOwnKernel } from "../kernels/native-kernel.ts";
import type { NativeBackend } from "../native-backend.ts";
import type { OnnxGraph } from "../onnx-model.ts";
import { joinTiles } from "./join-tiles.ts";

export function registerHeadLoss(): void {
  registerOwnKernel("LowrankHeadLoss", headLoss);
}

/** Exponentials that exist at one time: 48 MB of them. They decide how many rows are done together. */
const blockEntries = 12 * 2 ** 20;
/** Logits of one tile, so that they stay in the cache between the graph's nodes. */
const tileEntries = 256 * 1024;

interface Head {
  /** [classes, features] */
  readonly table: Float32Array;
  readonly bias: Float32Array | undefined;
  readonly classes: number;
  readonly features: number;
}

/** Some rows of the hidden states, with what is to be written for them. */
interface Block {
  readonly hidden: Float32Array;
  readonly labels: ArrayLike<number>;
  readonly losses: Float32Array;
  readonly gradient: Float32Array | undefined;
}

/**
 * hidden [rows, features], head [classes, features], labels [rows], bias [classes] → losses [rows] (of class 0 where the
 * label is negative) and, if `isDifferentiated`, their gradients for hidden [rows, features].
 */
function headLoss(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes, inputs } = call;
  const [hidden, table] = [inputOf(call, "hidden"), inputOf(call, "head")];
  const [classes = 0, features = 0] = table.shape;
  const rows = hidden.shape[0] ?? 0;
  const bias = inputs.bias === undefined ? undefined : backend.floats(inputs.bias);
  const head = { table: backend.floats(table), bias, classes, features };
  const labels = Array.from(backend.integers(inputOf(call, "labels")));
  const losses = backend.pool.take(rows);
  const gradient = attributes.isDifferentiated === true ? backend.pool.take(rows * features) : undefined;
  const blocks = Math.ceil((rows * classes) / blockEntries);
  const step = Math.ceil(rows / blocks);
  for (let first = 0; first < rows; first += step) {
    const last = Math.min(rows, first + step);
    lossOfBlock(backend, head, {
      hidden: backend.floats(hidden).subarray(first * features, last * features),
      labels: labels.slice(first, last),
      losses: losses.subarray(first, last),
      gradient: gradient?.subarray(first * features, last * features),
    });
  }
  const outputs = [backend.output([rows], losses)];
  return gradient === undefined ? outputs : [...outputs, backend.output([rows, features], gradient)];
}

function lossOfBlock(backend: NativeBackend, head: Head, block: Block): void {
  const rows = block.losses.length;
  const width = Math.min(head.classes, Math.max(1, Math.floor(tileEntries / rows)));
  const tiles = Array.from({ length: Math.ceil(head.classes / width) }, (_, index) => {
    const first = index * width;
    return exponentiateTile(backend, head, block.hidden, first, Math.min(width, head.classes - first));
  });
  const { logSums, factors } = joinTiles(tiles, rows);
  for (let row = 0; row < rows; row++)
    block.losses[row] = (logSums[row] ?? 0) - logitOf(head, block.hidden, row, Math.max(0, block.labels[row] ?? 0));
  if (block.gradient !== undefined) {
    block.gradient.fill(0);
    for (const [index, tile] of tiles.entries()) addTile(backend, head, tile, factors[index], block.gradient);
    subtractLabelRows(head, block.labels, block.gradient);
  }
  for (const { exponentials } of tiles) backend.pool.give(exponentials);
}

/** A tile's logits less the row's maximum within the tile, exponentiated; that maximum, and the sum. */
export interface Tile {
  readonly first: number;
  readonly count: number;
  /** [rows, count] */
  readonly exponentials: Float32Array;
  readonly maxima: Float32Array;
  readonly sums: Float32Array;
}

function exponentiateTile(
  backend: NativeBackend,
  head: Head,
  hidden: Float32Array,
  first: number,
  count: number,
): Tile {
  const { features, bias } = head;
  const rows = hidden.length / features;
  const session = backend.session(`head tile ${bias !== undefined}`, () => tileGraph(bias !== undefined));
  const tile = {
    first,
    count,
    exponentials: backend.pool.take(rows * count),
    maxima: new Float32Array(rows),
    sums: new Float32Array(rows),
  };
  backend.run(
    session,
    [
      { values: hidden, shape: [rows, features] },
      { values: head.table.subarray(first * features, (first + count) * features), shape: [count, features] },
      ...(bias === undefined ? [] : [{ values: bias.subarray(first, first + count), shape: [count] }]),
    ],
    [
      { values: tile.exponentials, shape: [rows, count] },
      { values: tile.maxima, shape: [rows, 1] },
      { values: tile.sums, shape: [rows, 1] },
    ],
  );
  return tile;
}

function tileGraph(hasBias: boolean): OnnxGraph {
  const g = graphOf("hidden", "head", ...(hasBias ? ["bias"] : []));
  const product = g.product("hidden", "head", { transB: true });
  const logits = hasBias ? g.add(product, "bias") : product;
  const maxima = g.node("ReduceMax", [logits, g.integers([-1])], { keepdims: 1 });
  const exponentials = g.node("Exp", [g.subtract(logits, maxima)]);
  return g.finish(exponentials, maxima, g.rowSum(exponentials));
}

/** The tile's part of softmax(logits)·head is added to the gradient. */
function addTile(
  backend: NativeBackend,
  { table, features }: Head,
  { first, count, exponentials }: Tile,
  factors: Float32Array | undefined,
  gradient: Float32Array,
): void {
  const rows = gradient.length / features;
  const session = backend.session("head tile gradient", tileGradientGraph);
  const sum = { values: gradient, shape: [rows, features] };
  backend.run(
    session,
    [
      { values: exponentials, shape: [rows, count] },
      { values: factors ?? new Float32Array(rows), shape: [rows, 1] },
      { values: table.subarray(first * features, (first + count) * features), shape: [count, features] },
      sum,
    ],
    [sum],
  );
}

function tileGradientGraph(): OnnxGraph {
  const g = graphOf("exponentials", "factors", "head", "sum");
  return g.finish(g.node("Gemm", [g.multiply("exponentials", "factors"), "head", "sum"]));
}

/** One logit by itself, in double precision. */
function logitOf({ table, bias, features }: Head, hidden: Float32Array, row: number, label: number): number {
  let sum = bias?.[label] ?? 0;
  for (let feature = 0; feature < features; feature++)
    sum += (hidden[row * features + feature] ?? 0) * (table[label * features + feature] ?? 0);
  return sum;
}

function subtractLabelRows(
  { table, features, classes }: Head,
  labels: ArrayLike<number>,
  gradient: Float32Array,
): void {
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] ?? -1;
    if (label < 0 || label >= classes) continue;
    for (let feature = 0; feature < features; feature++) {
      const place = row * features + feature;
      gradient[place] = (gradient[place] ?? 0) - (table[label * features + feature] ?? 0);
    }
  }
}
