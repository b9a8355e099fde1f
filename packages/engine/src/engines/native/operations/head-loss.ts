// Cross-entropy straight from hidden states, through an output head of [classes, features], a few hundred classes at a time. A tile
// of the head is read once: its logits are exponentiated, summed and multiplied with it again while all three are in the cache. The
// division by the whole sum is applied to the gradient, which is smaller by classes / features.

import type * as tf from "@tensorflow/tfjs-core";
import { headIn } from "../../../kernels/borrowed-head.ts";
import { graphOf } from "../kernels/graph.ts";
import { inputOf, type KernelCall } from "../kernels/native-kernel.ts";
import type { NativeBackend } from "../native-backend.ts";
import type { NativeTensor } from "../runtime/native-tensor.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";
import { type Head, type Logits, logitOf, logitsFor, logitsOf, type Tile, tilesOf } from "./head-logits.ts";
import { roundedGradient } from "./rounded-gradient.ts";
import { roundedHead } from "./rounded-head.ts";

/** Rows that are done together: for fewer the head would be read more often, for more a tile would be too narrow. */
const blockRows = 1024;
/** Up to here the sums of exponentials, times the numbers of any sane head, are numbers that float32 has. */
const largestSum = 1e20;

/** Some rows of the hidden states, and the arrays for their results. */
interface Block {
  readonly hidden: Float32Array;
  readonly labels: ArrayLike<number>;
  readonly losses: Float32Array;
  readonly gradient: Float32Array | undefined;
}

/**
 * hidden [rows, features], labels [rows], bias [classes] and a head [classes, features], which is a tensor or read in parts
 * (`BorrowedHead`) → losses [rows] (of class 0 if the label is negative) and, if `isDifferentiated`, their gradients for
 * hidden [rows, features]. If the head is rounded, both products are in 8 bits, except for the label's logit.
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
  const { references, sums, labelTerms } = sumExponentials(backend, head, block);
  for (let row = 0; row < sums.length; row++) {
    const label = labelTerms.logits[row] ?? logitOf(head, block.hidden, row, Math.max(0, block.labels[row] ?? 0));
    block.losses[row] = (references[row] ?? 0) + Math.log(sums[row] ?? 0) - label;
  }
  if (block.gradient === undefined) return;
  normalizeRows(block.gradient, sums);
  const shares = labelTerms.exponentials.map((exponential, row) => exponential / (sums[row] ?? 1) - 1);
  addLabelRows(head, block.labels, { gradient: block.gradient, shares });
}

/** The labels that a head in 8 bits leaves to float32, by row. */
interface LabelTerms {
  /** In 8 bits too: one in float32 might exceed the sum of all exponentials, and the loss be negative. */
  readonly logits: number[];
  /** exp(logit − reference), which the gradient lacks; 0 elsewhere. */
  readonly exponentials: Float64Array;
}

interface Exponentials {
  /** For each row the sum of exp(logit − reference). */
  readonly sums: Float64Array;
  readonly labelTerms: LabelTerms;
}

/**
 * Softmax needs a reference that is near the row's largest logit, not that logit itself: the largest of the first few
 * hundred classes does, unless others exceed it by far. Then the true maxima are looked for.
 */
function sumExponentials(
  backend: NativeBackend,
  head: Head,
  block: Block,
): Exponentials & { readonly references: Float32Array } {
  const rows = block.losses.length;
  const tiles = tilesOf(head, rows);
  const logits = logitsFor(backend, head, { values: block.hidden, shape: [rows, head.features] });
  const guess = maximaOf(backend, logits, tiles.slice(0, 1), rows);
  const pass = { ...block, logits, tiles };
  let references = guess;
  let lossSums = sumAgainst(backend, head, { ...pass, references, isGuess: true });
  if (exceedsFloat32(lossSums.sums)) {
    references = maximaOf(backend, logits, tiles, rows);
    lossSums = sumAgainst(backend, head, { ...pass, references, isGuess: false });
  }
  logits.free();
  return { ...lossSums, references };
}

function exceedsFloat32(sums: Float64Array): boolean {
  return !sums.every((sum) => sum < largestSum); // NaN does
}

interface Pass extends Block {
  readonly logits: Logits;
  readonly tiles: readonly Tile[];
  readonly references: Float32Array;
  /** Whether to stop if the references turn out to be too small. */
  readonly isGuess: boolean;
}

/** Each row's sum of exponentials; into the gradient, if there is one, goes exponentials·head. */
function sumAgainst(backend: NativeBackend, head: Head, pass: Pass): Exponentials {
  const { references } = pass;
  const rows = references.length;
  const negated = { values: references.map((value) => -value), shape: [rows, 1] };
  const sums = new Float64Array(rows);
  const tileSums = { values: new Float32Array(rows), shape: [rows, 1] };
  const labelTerms: LabelTerms = { logits: [], exponentials: new Float64Array(rows) };
  const multiplied = productOfTiles(backend, head, pass);
  for (const tile of pass.tiles) {
    const inputs = pass.logits.inputs(tile);
    takeOutLabels(pass, tile, labelTerms);
    multiplied.add(tile, [...inputs, negated], tileSums);
    for (let row = 0; row < rows; row++) sums[row] = (sums[row] ?? 0) + (tileSums.values[row] ?? 0);
    if (pass.isGuess && exceedsFloat32(sums)) break;
  }
  multiplied.finish();
  for (let row = 0; row < rows; row++) sums[row] = (sums[row] ?? 0) + (labelTerms.exponentials[row] ?? 0);
  return { sums, labelTerms };
}

/** Adds up exp(logits − references)·head, tile by tile, and writes each tile's sums of exponentials. */
interface TileProduct {
  add(tile: Tile, inputs: readonly NativeTensor[], sums: NativeTensor): void;
  finish(): void;
}

function productOfTiles(backend: NativeBackend, head: Head, { logits, gradient, losses }: Pass): TileProduct {
  const rows = losses.length;
  const { names } = logits;
  const added = gradient && { values: gradient.fill(0), shape: [rows, head.features] };
  if (head.rounded !== undefined && added !== undefined) {
    const rounded = roundedGradient(backend, head.rounded, { names, rows, features: head.features });
    return {
      add: ({ index }, inputs, sums) => rounded.add(index, inputs, { sums, gradient: added }),
      finish: () => rounded.finish(added),
    };
  }
  const outputs = added === undefined ? [] : [added];
  const session = backend.session(`head tile ${names} ${outputs.length}`, () => tileGraph(names, added !== undefined));
  return {
    add: (_, inputs, sums) => backend.run(session, [...inputs, ...outputs], [sums, ...outputs]),
    finish: () => {},
  };
}

function takeOutLabels({ logits, labels, references }: Pass, { first, count }: Tile, labelTerms: LabelTerms): void {
  if (logits.takeOut === undefined) return;
  for (let row = 0; row < references.length; row++) {
    const position = (labels[row] ?? -1) - first;
    const logit = position >= 0 && position < count ? logits.takeOut(row, position) : undefined;
    if (logit === undefined) continue;
    labelTerms.logits[row] = logit;
    labelTerms.exponentials[row] = Math.exp(logit - (references[row] ?? 0));
  }
}

function maximaOf(backend: NativeBackend, logits: Logits, tiles: readonly Tile[], rows: number): Float32Array {
  const session = backend.session(`head maxima ${logits.names}`, () => maximaGraph(logits));
  const maxima = new Float32Array(rows).fill(Number.NEGATIVE_INFINITY);
  const tileMaxima = new Float32Array(rows);
  for (const tile of tiles) {
    backend.run(session, logits.inputs(tile), [{ values: tileMaxima, shape: [rows, 1] }]);
    for (let row = 0; row < rows; row++) maxima[row] = Math.max(maxima[row] ?? 0, tileMaxima[row] ?? 0); // passes NaN on
  }
  return maxima;
}

function maximaGraph({ names }: Logits): OnnxGraph {
  const g = graphOf(...names);
  return g.finish(g.node("ReduceMax", [logitsOf(g, names), g.integers([-1])], { keepdims: 1 }));
}

function tileGraph(names: readonly string[], hasGradient: boolean): OnnxGraph {
  const g = graphOf(...names, "negated", ...(hasGradient ? ["gradient"] : []));
  const exponentials = g.node("Exp", [g.add(logitsOf(g, names), "negated")]);
  const sums = g.rowSum(exponentials);
  return hasGradient ? g.finish(sums, g.add(g.product(exponentials, "head"), "gradient")) : g.finish(sums);
}

function normalizeRows(gradient: Float32Array, sums: Float64Array): void {
  const features = gradient.length / sums.length;
  for (let row = 0; row < sums.length; row++) {
    const factor = 1 / (sums[row] ?? 1);
    for (let position = row * features; position < (row + 1) * features; position++)
      gradient[position] = (gradient[position] ?? 0) * factor;
  }
}

/** Adds to each row of the gradient its share of the label's weights. */
function addLabelRows(
  { rows, features, classes }: Head,
  labels: ArrayLike<number>,
  { gradient, shares }: { readonly gradient: Float32Array; readonly shares: Float64Array },
): void {
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] ?? -1;
    if (label < 0 || label >= classes) continue;
    const weights = rows(label, 1);
    const share = shares[row] ?? 0;
    for (let feature = 0; feature < features; feature++) {
      const position = row * features + feature;
      gradient[position] = (gradient[position] ?? 0) + share * (weights[feature] ?? 0);
    }
  }
}
