// Attention and its gradient, a few heads at a time: the weights of those heads are computed, used and dropped while they are in
// the processor's cache. The gradient computes them again, with two small products, so that nothing of size [heads, time, time]
// outlives the call (the idea of Dao et al. 2022, "FlashAttention").

import type * as tf from "@tensorflow/tfjs-core";
import { drawIn } from "../../../../kernels/drop-entries.ts";
import { type DropoutMask, dropoutMask } from "../../../../random/masks/dropout-mask.ts";
import { type GraphWriter, graphOf } from "../../kernels/graph.ts";
import { inputOf, type KernelCall } from "../../kernels/native-kernel.ts";
import type { NativeBackend } from "../../native-backend.ts";
import type { NativeTensor } from "../../runtime/native-tensor.ts";
import type { OnnxGraph } from "../../runtime/onnx-model.ts";
import { type HeadSizes, headSizesOf, type Piece, piecesOf, viewOf } from "./head-pieces.ts";
import { clearDeadQueries, type MaskFacts, maskFactsOf, maskPiece, seenKeysOf } from "./mask-facts.ts";
import { type ScoreSettings, scoreGradient, type Weights, weightsOf } from "./score-graph.ts";

/** query, key and value, or their gradients. */
export type Triple = [Float32Array, Float32Array, Float32Array];

/** The inputs and sizes of a computation. */
export interface HeadsCall {
  readonly backend: NativeBackend;
  readonly sizes: HeadSizes;
  readonly settings: ScoreSettings;
  readonly mask: MaskFacts | undefined;
  readonly dropped: DroppedWeights | undefined;
}

/** Dropout of some weights, and the number of the mask's entries before them. */
export interface DroppedWeights {
  readonly mask: DropoutMask;
  readonly before: number;
}

/** query [batch, heads, queryTime, headSize], key and value [batch, keyHeads, keyTime, …] → [batch, heads, queryTime, valueSize]. */
export function attention(call: KernelCall): tf.TensorInfo[] {
  const { backend } = call;
  const heads = readCall(call);
  const { batch, heads: count, queryTime, valueSize } = heads.sizes;
  const output = backend.pool.take(batch * count * queryTime * valueSize);
  attendHeads(heads, floatsOf(call), output);
  return [backend.output([batch, count, queryTime, valueSize], output)];
}

/** The same inputs and dy → gradients of query, key and value. */
export function attentionGradient(call: KernelCall): tf.TensorInfo[] {
  const { backend } = call;
  const heads = readCall(call);
  const inputs = floatsOf(call);
  const { batch, heads: count, queryTime, valueSize } = heads.sizes;
  const dy = backend.pool.take(batch * count * queryTime * valueSize);
  dy.set(backend.floats(inputOf(call, "dy")));
  const gradients = inputs.map(({ length }) => backend.pool.take(length)) as Triple;
  attendHeadsGradient(heads, [...inputs, dy], gradients);
  backend.pool.give(dy);
  return ["query", "key", "value"].map((name, index) =>
    backend.output(inputOf(call, name).shape, gradients[index] as Float32Array),
  );
}

/** Writes the output, with its heads in the same layout as the inputs. */
export function attendHeads(call: HeadsCall, [query, key, value]: Triple, output: Float32Array): void {
  const { backend, sizes, settings, mask } = call;
  const session = backend.session(keyOf("attention", settings), () => forwardGraph(settings));
  for (const piece of piecesFor(call)) {
    const { queryRows, keyRows } = piece;
    const inputs = [
      viewOf(query, queryRows, sizes.headSize),
      viewOf(key, keyRows, sizes.headSize),
      viewOf(value, keyRows, sizes.valueSize),
    ];
    backend.run(session, [...inputs, ...addedOf(call, piece)], [viewOf(output, queryRows, sizes.valueSize)]);
  }
  if (mask !== undefined) clearDeadQueries(output, sizes, mask);
}

/** Writes the gradients. Rows of dy that belong to queries without keys are cleared. */
export function attendHeadsGradient(
  call: HeadsCall,
  [query, key, value, dy]: readonly [...Triple, Float32Array],
  gradients: Triple,
): void {
  const { backend, sizes, settings, mask } = call;
  if (mask !== undefined) clearDeadQueries(dy, sizes, mask);
  const pieces = piecesFor(call);
  // Keys that several pieces see have the sum of their gradients.
  const isSummed = pieces.some(({ queryRows }) => queryRows.each < sizes.groupRows);
  const session = backend.session(`${keyOf("attention gradient", settings)} ${isSummed}`, () =>
    gradientGraph(settings, isSummed),
  );
  if (isSummed) for (const gradient of gradients.slice(1)) gradient.fill(0);
  for (const piece of pieces) {
    const { queryRows, keyRows } = piece;
    const views = ([first, second, third]: Triple) => [
      viewOf(first, queryRows, sizes.headSize),
      viewOf(second, keyRows, sizes.headSize),
      viewOf(third, keyRows, sizes.valueSize),
    ];
    const outputs = views(gradients);
    const inputs = [...views([query, key, value]), viewOf(dy, queryRows, sizes.valueSize), ...addedOf(call, piece)];
    backend.run(session, isSummed ? [...inputs, ...outputs.slice(1)] : inputs, outputs);
  }
}

/** Weights that drop out were drawn for all keys. */
function piecesFor({ backend, sizes, mask, dropped }: HeadsCall): readonly Piece[] {
  const allKeys = () => ({ first: 0, count: sizes.keyTime });
  const isWhole = mask === undefined || dropped !== undefined;
  return piecesOf(sizes, backend.runtime.threads, isWhole ? allKeys : (...some) => seenKeysOf(mask, ...some));
}

function forwardGraph(settings: ScoreSettings): OnnxGraph {
  const g = graphOf("query", "key", "value", ...maskNames(settings), ...factorNames(settings));
  const { dropped } = weightsIn(g, settings);
  return withMaskTypes(g.finish(g.product(dropped, "value")));
}

function gradientGraph(settings: ScoreSettings, isSummed: boolean): OnnxGraph {
  const before = isSummed ? ["dKey", "dValue"] : [];
  const g = graphOf("query", "key", "value", "dy", ...maskNames(settings), ...factorNames(settings), ...before);
  const weights = weightsIn(g, settings);
  const scores = scoreGradient(g, weights, inputNames);
  const dQuery = g.product(scores, "key", { alpha: settings.scale });
  const dKey = g.product(scores, "query", { transA: true, alpha: settings.scale });
  const dValue = g.product(weights.dropped, "dy", { transA: true });
  const summed = isSummed ? [g.add("dKey", dKey), g.add("dValue", dValue)] : [dKey, dValue];
  return withMaskTypes(g.finish(dQuery, ...summed));
}

/** A mask is laid out by query head and scores by key head: two reshapes convert one into the other. */
function maskNames({ hasMask }: ScoreSettings): readonly string[] {
  return hasMask ? ["mask", "byHead", "byKeyHead"] : [];
}

function withMaskTypes(graph: OnnxGraph): OnnxGraph {
  const inputs = graph.inputs.map((input) =>
    input.name.startsWith("by") ? { ...input, type: "int64" as const } : input,
  );
  return { ...graph, inputs };
}

/** The biases of a piece's scores, and the dropout factors of its weights, drawn for this piece only. */
function addedOf({ mask, dropped }: HeadsCall, piece: Piece): readonly NativeTensor[] {
  const { queryRows, heads, queries, keys } = piece;
  const scores = [queryRows.heads, queryRows.each, keys.count];
  const shapeOf = (shape: readonly number[]) => ({ values: BigInt64Array.from(shape, BigInt), shape: [3] });
  const masks =
    mask === undefined
      ? []
      : [maskPiece(mask, piece), shapeOf([heads.count, queries.count, keys.count]), shapeOf(scores)];
  if (dropped === undefined) return masks;
  const first = dropped.before + queryRows.first * keys.count;
  const values = dropped.mask.factors({ first, count: queryRows.heads * queryRows.each * keys.count });
  return [...masks, { values, shape: scores }];
}

function factorNames({ drops }: ScoreSettings): readonly string[] {
  return drops ? ["factors"] : [];
}

const inputNames = { query: "query", key: "key", value: "value", dy: "dy" };

function weightsIn(g: GraphWriter, settings: ScoreSettings): Weights {
  const softmax = (scores: string) =>
    settings.hasMask ? maskedSoftmax(g, scores) : g.node("Softmax", [scores], { axis: -1 });
  return weightsOf(g, settings, inputNames, softmax);
}

function maskedSoftmax(g: GraphWriter, scores: string): string {
  const masked = g.add(g.node("Reshape", [scores, "byHead"]), "mask");
  return g.node("Reshape", [g.node("Softmax", [masked], { axis: -1 }), "byKeyHead"]);
}

function readCall(call: KernelCall): HeadsCall {
  const { attributes, inputs, backend } = call;
  const sizes = headSizesOf(inputOf(call, "query"), inputOf(call, "key"), inputOf(call, "value"));
  const mask = inputs.mask === undefined ? undefined : maskFactsOf(inputs.mask, backend);
  const draw = drawIn(attributes);
  const dropped = draw.rate > 0 ? { mask: dropoutMask(draw), before: 0 } : undefined;
  const { scale, cap } = attributes;
  const kinds = { hasMask: mask !== undefined, drops: dropped !== undefined };
  return { backend, sizes, mask, dropped, settings: { scale: Number(scale), cap: Number(cap), ...kinds } };
}

function floatsOf(call: KernelCall): Triple {
  return ["query", "key", "value"].map((name) => call.backend.floats(inputOf(call, name))) as Triple;
}

function keyOf(name: string, { scale, cap, hasMask, drops }: ScoreSettings): string {
  return `${name} ${scale} ${cap} ${hasMask} ${drops}`;
}
