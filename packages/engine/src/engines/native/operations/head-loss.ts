// Cross-entropy straight from hidden states, through an output head of [classes, features], a few hundred classes at a time.
// A tile of the head is read once: its logits are exponentiated, summed and multiplied with it again while all three are in
// the cache, and what divides them by the whole sum is done to the gradient, which is smaller by classes / features.

import type * as tf from "@tensorflow/tfjs-core";
import { type GraphWriter, graphOf } from "../kernels/graph.ts";
import { inputOf, type KernelCall, registerOwnKernel } from "../kernels/native-kernel.ts";
import type { NativeBackend } from "../native-backend.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";
import type { NativeTensor } from "../runtime/onnx-runtime.ts";

export function registerHeadLoss(): void {
  registerOwnKernel("LowrankHeadLoss", headLoss);
}

/** Rows that are done together: for fewer the head would be read more often, for more a tile would be too narrow. */
const blockRows = 1024;
/** Up to here the sums of exponentials, times the numbers of any sane head, are numbers that float32 has. */
const largestSum = 1e20;
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
  const step = Math.ceil(rows / Math.ceil(rows / blockRows));
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
  const { references, sums } = sumExponentials(backend, head, block);
  for (let row = 0; row < sums.length; row++) {
    const label = logitOf(head, block.hidden, row, Math.max(0, block.labels[row] ?? 0));
    block.losses[row] = (references[row] ?? 0) + Math.log(sums[row] ?? 0) - label;
  }
  if (block.gradient === undefined) return;
  normaliseRows(block.gradient, sums);
  subtractLabelRows(head, block.labels, block.gradient);
}

/** Some neighbouring classes. */
interface Tile {
  readonly first: number;
  readonly count: number;
}

function tilesOf({ classes }: Head, rows: number): readonly Tile[] {
  const width = Math.min(classes, Math.max(1, Math.floor(tileEntries / rows)));
  return Array.from({ length: Math.ceil(classes / width) }, (_, index) => {
    const first = index * width;
    return { first, count: Math.min(width, classes - first) };
  });
}

interface Exponentials {
  readonly references: Float32Array;
  /** Of each row's exp(logit − reference). */
  readonly sums: Float64Array;
}

/**
 * Softmax needs a reference that is near the row's largest logit, not that logit itself: the largest of the first few
 * hundred classes does, unless others exceed it by far. Then the true maxima are looked for.
 */
function sumExponentials(backend: NativeBackend, head: Head, block: Block): Exponentials {
  const tiles = tilesOf(head, block.losses.length);
  const guess = maximaOf(backend, head, block.hidden, tiles.slice(0, 1));
  const guessed = sumAgainst(backend, head, { ...block, tiles, references: guess, isGuess: true });
  if (!exceedsFloat32(guessed)) return { references: guess, sums: guessed };
  const references = maximaOf(backend, head, block.hidden, tiles);
  return { references, sums: sumAgainst(backend, head, { ...block, tiles, references, isGuess: false }) };
}

function exceedsFloat32(sums: Float64Array): boolean {
  return !sums.every((sum) => sum < largestSum); // NaN does
}

interface Pass extends Block {
  readonly tiles: readonly Tile[];
  readonly references: Float32Array;
  /** Whether to stop where the references turn out to be too small. */
  readonly isGuess: boolean;
}

/** Each row's sum of exponentials; into the gradient, if there is one, goes exponentials·head. */
function sumAgainst(backend: NativeBackend, head: Head, pass: Pass): Float64Array {
  const { hidden, gradient, references } = pass;
  const rows = references.length;
  const kind = { hasBias: head.bias !== undefined, hasGradient: gradient !== undefined };
  const session = backend.session(`head tile ${kind.hasBias} ${kind.hasGradient}`, () => tileGraph(kind));
  const negated = { values: references.map((value) => -value), shape: [rows, 1] };
  const sums = new Float64Array(rows);
  const tileSums = new Float32Array(rows);
  const added = gradient === undefined ? [] : [{ values: gradient.fill(0), shape: [rows, head.features] }];
  for (const tile of pass.tiles) {
    const inputs = [...tileInputs(head, hidden, tile), negated, ...added];
    backend.run(session, inputs, [{ values: tileSums, shape: [rows, 1] }, ...added]);
    for (let row = 0; row < rows; row++) sums[row] = (sums[row] ?? 0) + (tileSums[row] ?? 0);
    if (pass.isGuess && exceedsFloat32(sums)) break;
  }
  return sums;
}

function maximaOf(backend: NativeBackend, head: Head, hidden: Float32Array, tiles: readonly Tile[]): Float32Array {
  const hasBias = head.bias !== undefined;
  const session = backend.session(`head maxima ${hasBias}`, () => maximaGraph(hasBias));
  const rows = hidden.length / head.features;
  const maxima = new Float32Array(rows).fill(Number.NEGATIVE_INFINITY);
  const found = new Float32Array(rows);
  for (const tile of tiles) {
    backend.run(session, tileInputs(head, hidden, tile), [{ values: found, shape: [rows, 1] }]);
    for (let row = 0; row < rows; row++) maxima[row] = Math.max(maxima[row] ?? 0, found[row] ?? 0); // passes NaN on
  }
  return maxima;
}

function tileInputs(head: Head, hidden: Float32Array, tile: Tile): NativeTensor[] {
  const { bias, features } = head;
  const { first, count } = tile;
  return [
    { values: hidden, shape: [hidden.length / features, features] },
    rowsOf(head, tile),
    ...(bias === undefined ? [] : [{ values: bias.subarray(first, first + count), shape: [count] }]),
  ];
}

/** The tile's part of the head: one contiguous piece. */
function rowsOf({ table, features }: Head, { first, count }: Tile): NativeTensor {
  return { values: table.subarray(first * features, (first + count) * features), shape: [count, features] };
}

const headInputs = (hasBias: boolean) => ["hidden", "head", ...(hasBias ? ["bias"] : [])];

function maximaGraph(hasBias: boolean): OnnxGraph {
  const g = graphOf(...headInputs(hasBias));
  return g.finish(g.node("ReduceMax", [logitsOf(g, hasBias), g.integers([-1])], { keepdims: 1 }));
}

interface TileKind {
  readonly hasBias: boolean;
  readonly hasGradient: boolean;
}

function tileGraph({ hasBias, hasGradient }: TileKind): OnnxGraph {
  const g = graphOf(...headInputs(hasBias), "negated", ...(hasGradient ? ["gradient"] : []));
  const exponentials = g.node("Exp", [g.add(logitsOf(g, hasBias), "negated")]);
  const sums = g.rowSum(exponentials);
  return hasGradient ? g.finish(sums, g.add(g.product(exponentials, "head"), "gradient")) : g.finish(sums);
}

function logitsOf(g: GraphWriter, hasBias: boolean): string {
  const product = g.product("hidden", "head", { transB: true });
  return hasBias ? g.add(product, "bias") : product;
}

function normaliseRows(gradient: Float32Array, sums: Float64Array): void {
  const features = gradient.length / sums.length;
  for (let row = 0; row < sums.length; row++) {
    const factor = 1 / (sums[row] ?? 1);
    for (let place = row * features; place < (row + 1) * features; place++)
      gradient[place] = (gradient[place] ?? 0) * factor;
  }
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
