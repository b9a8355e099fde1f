// Cross-entropy straight from hidden states, through an output head of [classes, features], a few hundred classes at a time.
// A tile of the head is read once: its logits are exponentiated, summed and multiplied with it again while all three are in
// the cache, and what divides them by the whole sum is done to the gradient, which is smaller by classes / features.

import type * as tf from "@tensorflow/tfjs-core";
import { headIn } from "../../../kernels/borrowed-head.ts";
import { graphOf } from "../kernels/graph.ts";
import { inputOf, type KernelCall } from "../kernels/native-kernel.ts";
import type { NativeBackend } from "../native-backend.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";
import { type Head, type Logits, logitOf, logitsFor, logitsOf, rowsOf, type Tile, tilesOf } from "./head-logits.ts";
import { roundedHead } from "./rounded-head.ts";

/** Rows that are done together: for fewer the head would be read more often, for more a tile would be too narrow. */
const blockRows = 1024;
/** Up to here the sums of exponentials, times the numbers of any sane head, are numbers that float32 has. */
const largestSum = 1e20;

/** Some rows of the hidden states, and where to write their results. */
interface Block {
  readonly hidden: Float32Array;
  readonly labels: ArrayLike<number>;
  readonly losses: Float32Array;
  readonly gradient: Float32Array | undefined;
}

/**
 * hidden [rows, features], labels [rows], bias [classes] and a head [classes, features], which is a tensor or read in parts
 * (`BorrowedHead`) → losses [rows] (of class 0 where the label is negative) and, if `isDifferentiated`, their gradients for
 * hidden [rows, features]. Where the head is rounded, softmax is that of logits in 8 bits.
 */
export function headLoss(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes } = call;
  const hidden = inputOf(call, "hidden");
  const head = headOf(call);
  const { features } = head;
  const rows = hidden.shape[0] ?? 0;
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

function headOf({ backend, attributes, inputs }: KernelCall): Head {
  const { classes, features, read, roundedFor } = headIn(attributes);
  const table = inputs.head && backend.floats(inputs.head);
  const rows = table
    ? (first: number, count: number) => table.subarray(first * features, (first + count) * features)
    : read;
  if (rows === undefined) throw new Error("The kernel of a head's loss was given no head.");
  const numbers = { rows, classes, features };
  const bias = inputs.bias && backend.floats(inputs.bias);
  return { ...numbers, bias, rounded: roundedFor && roundedHead(backend, roundedFor, numbers) };
}

function lossOfBlock(backend: NativeBackend, head: Head, block: Block): void {
  const { references, sums, ofLabels } = sumExponentials(backend, head, block);
  for (let row = 0; row < sums.length; row++) {
    const label = ofLabels?.[row] ?? logitOf(head, block.hidden, row, labelOf(block, row));
    block.losses[row] = (references[row] ?? 0) + Math.log(sums[row] ?? 0) - label;
  }
  if (block.gradient === undefined) return;
  normaliseRows(block.gradient, sums);
  subtractLabelRows(head, block.labels, block.gradient);
}

interface Exponentials {
  readonly references: Float32Array;
  /** Of each row's exp(logit − reference). */
  readonly sums: Float64Array;
  /** Logits of the labels where they are in 8 bits: one in float32 might exceed the sum of them all, and the loss be negative. */
  readonly ofLabels: Float64Array | undefined;
}

/**
 * Softmax needs a reference that is near the row's largest logit, not that logit itself: the largest of the first few
 * hundred classes does, unless others exceed it by far. Then the true maxima are looked for.
 */
function sumExponentials(backend: NativeBackend, head: Head, block: Block): Exponentials {
  const rows = block.losses.length;
  const tiles = tilesOf(head, rows);
  const logits = logitsFor(backend, head, { values: block.hidden, shape: [rows, head.features] });
  const guess = maximaOf(backend, logits, tiles.slice(0, 1), rows);
  const ofLabels = logits.entry && new Float64Array(rows);
  const pass = { ...block, logits, tiles, ofLabels };
  let references = guess;
  let sums = sumAgainst(backend, head, { ...pass, references, isGuess: true });
  if (exceedsFloat32(sums)) {
    references = maximaOf(backend, logits, tiles, rows);
    sums = sumAgainst(backend, head, { ...pass, references, isGuess: false });
  }
  logits.free();
  return { references, sums, ofLabels };
}

function exceedsFloat32(sums: Float64Array): boolean {
  return !sums.every((sum) => sum < largestSum); // NaN does
}

interface Pass extends Block {
  readonly logits: Logits;
  /** Filled where it is there. */
  readonly ofLabels: Float64Array | undefined;
  readonly tiles: readonly Tile[];
  readonly references: Float32Array;
  /** Whether to stop if the references turn out to be too small. */
  readonly isGuess: boolean;
}

/** Each row's sum of exponentials; into the gradient, if there is one, goes exponentials·head. */
function sumAgainst(backend: NativeBackend, head: Head, pass: Pass): Float64Array {
  const { logits, gradient, references } = pass;
  const rows = references.length;
  const hasGradient = gradient !== undefined;
  const session = backend.session(`head tile ${logits.names} ${hasGradient}`, () => tileGraph(logits, hasGradient));
  const negated = { values: references.map((value) => -value), shape: [rows, 1] };
  const sums = new Float64Array(rows);
  const tileSums = new Float32Array(rows);
  const added = gradient === undefined ? [] : [{ values: gradient.fill(0), shape: [rows, head.features] }];
  for (const tile of pass.tiles) {
    const multiplied = hasGradient && !logits.names.includes("head") ? [rowsOf(head, tile)] : [];
    const inputs = [...logits.inputs(tile), ...multiplied, negated, ...added];
    backend.run(session, inputs, [{ values: tileSums, shape: [rows, 1] }, ...added]);
    for (let row = 0; row < rows; row++) sums[row] = (sums[row] ?? 0) + (tileSums[row] ?? 0);
    readLabels(pass, tile);
    if (pass.isGuess && exceedsFloat32(sums)) break;
  }
  return sums;
}

function readLabels({ logits, ofLabels, ...block }: Pass, { first, count }: Tile): void {
  if (ofLabels === undefined || logits.entry === undefined) return;
  for (let row = 0; row < ofLabels.length; row++) {
    const place = labelOf(block, row) - first;
    if (place >= 0 && place < count) ofLabels[row] = logits.entry(row, place);
  }
}

function labelOf({ labels }: Pick<Block, "labels">, row: number): number {
  return Math.max(0, labels[row] ?? 0);
}

function maximaOf(backend: NativeBackend, logits: Logits, tiles: readonly Tile[], rows: number): Float32Array {
  const session = backend.session(`head maxima ${logits.names}`, () => maximaGraph(logits));
  const maxima = new Float32Array(rows).fill(Number.NEGATIVE_INFINITY);
  const found = new Float32Array(rows);
  for (const tile of tiles) {
    backend.run(session, logits.inputs(tile), [{ values: found, shape: [rows, 1] }]);
    for (let row = 0; row < rows; row++) maxima[row] = Math.max(maxima[row] ?? 0, found[row] ?? 0); // passes NaN on
  }
  return maxima;
}

function maximaGraph({ names }: Logits): OnnxGraph {
  const g = graphOf(...names);
  return g.finish(g.node("ReduceMax", [logitsOf(g, names), g.integers([-1])], { keepdims: 1 }));
}

function tileGraph({ names }: Logits, hasGradient: boolean): OnnxGraph {
  const multiplied = hasGradient && !names.includes("head") ? ["head"] : [];
  const g = graphOf(...names, ...multiplied, "negated", ...(hasGradient ? ["gradient"] : []));
  const exponentials = g.node("Exp", [g.add(logitsOf(g, names), "negated")]);
  const sums = g.rowSum(exponentials);
  return hasGradient ? g.finish(sums, g.add(g.product(exponentials, "head"), "gradient")) : g.finish(sums);
}

function normaliseRows(gradient: Float32Array, sums: Float64Array): void {
  const features = gradient.length / sums.length;
  for (let row = 0; row < sums.length; row++) {
    const factor = 1 / (sums[row] ?? 1);
    for (let place = row * features; place < (row + 1) * features; place++)
      gradient[place] = (gradient[place] ?? 0) * factor;
  }
}

function subtractLabelRows({ rows, features, classes }: Head, labels: ArrayLike<number>, gradient: Float32Array): void {
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] ?? -1;
    if (label < 0 || label >= classes) continue;
    const weights = rows(label, 1);
    for (let feature = 0; feature < features; feature++) {
      const place = row * features + feature;
      gradient[place] = (gradient[place] ?? 0) - (weights[feature] ?? 0);
    }
  }
}
