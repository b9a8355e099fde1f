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
import { clearDeadQueries, type MaskFacts, maskFactsOf, maskPiece } from "./mask-facts.ts";
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
  const { backend, sizes, settings, mask, dropped } = call;
  const session = backend.session(keyOf("attention", settings), () => forwardGraph(settings));
  for (const piece of piecesOf(sizes, backend.runtime.threads)) {
    const inputs = [
      viewOf(query, piece, sizes.groupRows, sizes.headSize),
      viewOf(key, piece, sizes.keyTime, sizes.headSize),
      viewOf(value, piece, sizes.keyTime, sizes.valueSize),
      ...maskInputs(mask, sizes, piece),
      ...factorInputs(dropped, sizes, piece),
    ];
    backend.run(session, inputs, [viewOf(output, piece, sizes.groupRows, sizes.valueSize)]);
  }
  if (mask !== undefined) clearDeadQueries(output, sizes, mask);
}

/** Writes the gradients. Rows of dy that belong to queries without keys are cleared. */
export function attendHeadsGradient(
  call: HeadsCall,
  [query, key, value, dy]: readonly [...Triple, Float32Array],
  gradients: Triple,
): void {
  const { backend, sizes, settings, mask, dropped } = call;
  const session = backend.session(keyOf("attention gradient", settings), () => gradientGraph(settings));
  if (mask !== undefined) clearDeadQueries(dy, sizes, mask);
  for (const piece of piecesOf(sizes, backend.runtime.threads)) {
    const views = ([first, second, third]: Triple) => [
      viewOf(first, piece, sizes.groupRows, sizes.headSize),
      viewOf(second, piece, sizes.keyTime, sizes.headSize),
      viewOf(third, piece, sizes.keyTime, sizes.valueSize),
    ];
    const dyView = viewOf(dy, piece, sizes.groupRows, sizes.valueSize);
    const inputs = [...views([query, key, value]), dyView];
    const added = [...maskInputs(mask, sizes, piece), ...factorInputs(dropped, sizes, piece)];
    backend.run(session, [...inputs, ...added], views(gradients));
  }
}

function forwardGraph(settings: ScoreSettings): OnnxGraph {
  const g = graphOf("query", "key", "value", ...maskNames(settings), ...factorNames(settings));
  const { dropped } = weightsIn(g, settings);
  return withMaskTypes(g.finish(g.product(dropped, "value")));
}

function gradientGraph(settings: ScoreSettings): OnnxGraph {
  const g = graphOf("query", "key", "value", "dy", ...maskNames(settings), ...factorNames(settings));
  const weights = weightsIn(g, settings);
  const scores = scoreGradient(g, weights, inputNames);
  return withMaskTypes(
    g.finish(
      g.product(scores, "key", { alpha: settings.scale }),
      g.product(scores, "query", { transA: true, alpha: settings.scale }),
      g.product(weights.dropped, "dy", { transA: true }),
    ),
  );
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

function maskInputs(mask: MaskFacts | undefined, sizes: HeadSizes, piece: Piece): readonly NativeTensor[] {
  if (mask === undefined) return [];
  const { queryTime, keyTime, groupRows } = sizes;
  const shapeOf = (...shape: readonly number[]) => ({ values: BigInt64Array.from(shape, BigInt), shape: [3] });
  return [
    maskPiece(mask, sizes, piece),
    shapeOf((piece.count * groupRows) / queryTime, queryTime, keyTime),
    shapeOf(piece.count, groupRows, keyTime),
  ];
}

function factorNames({ drops }: ScoreSettings): readonly string[] {
  return drops ? ["factors"] : [];
}

/** The dropout factors of a piece's weights, drawn for this piece only. */
function factorInputs(dropped: DroppedWeights | undefined, sizes: HeadSizes, piece: Piece): readonly NativeTensor[] {
  if (dropped === undefined) return [];
  const perHead = sizes.groupRows * sizes.keyTime;
  const values = dropped.mask.factors({ first: dropped.before + piece.start * perHead, count: piece.count * perHead });
  return [{ values, shape: [piece.count, sizes.groupRows, sizes.keyTime] }];
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
