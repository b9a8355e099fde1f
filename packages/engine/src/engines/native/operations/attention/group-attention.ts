// Attention of rows of several lengths, and its gradient. Tokens are stored with all their heads next to each other; the
// graph transposes them itself, so that a group of rows is one call into ONNX Runtime without slices or joins. Long rows are
// transposed first, and then computed a few heads at a time.

import type * as tf from "@tensorflow/tfjs-core";
import { drawIn } from "../../../../kernels/drop-entries.ts";
import { dropoutMask } from "../../../../random/masks/dropout-mask.ts";
import { type GraphWriter, graphOf } from "../../kernels/graph.ts";
import { inputOf, type KernelCall } from "../../kernels/native-kernel.ts";
import type { NativeTensor } from "../../runtime/native-tensor.ts";
import type { OnnxGraph } from "../../runtime/onnx-model.ts";
import type { DroppedWeights, Triple } from "./attention.ts";
import { attendLong, attendLongGradient, type LongRows, type Views } from "./long-rows.ts";
import { type MaskFacts, maskFactsOf } from "./mask-facts.ts";
import { type ScoreSettings, scoreGradient, type Weights, weightsOf } from "./score-graph.ts";

/** Entries of the attention weights that exist at one time: two rows of 128 tokens and nine heads, which two threads share evenly. */
const pieceEntries = 320 * 1024;
/** A row with more is computed by heads. */
const longEntries = 640 * 1024;

interface Settings extends ScoreSettings {
  /** Whether several query heads share a key head. */
  readonly isShared: boolean;
}

/** Some rows of one length. */
interface Piece {
  readonly rows: number;
  readonly time: number;
  /** Number of the first token. */
  readonly first: number;
  /** [1, heads or 1, time or 1, time] */
  readonly mask: MaskFacts | undefined;
  /** The dropped weights of its group. */
  readonly dropped: DroppedWeights | undefined;
}

/** query, key and value [tokens, …], a mask for some groups → [tokens, 1, heads·valueSize]. */
export function groupAttention(call: KernelCall): tf.TensorInfo[] {
  const { backend } = call;
  const { tokens, heads, keyHeads, group } = sizesOf(call);
  const [query, key, value] = ["query", "key", "value"].map((name) => backend.floats(inputOf(call, name))) as Triple;
  const valueSize = value.length / tokens / keyHeads;
  const output = backend.pool.take(tokens * heads * valueSize);
  for (const piece of piecesOf(call)) {
    const settings = settingsOf(call, piece);
    const view = (values: Float32Array, shared: number) => viewOf(values, piece, { tokens, keyHeads, shared });
    if (isLong(piece, heads)) {
      attendLong(longRowsOf(call, piece), [view(query, group), view(key, 1), view(value, 1)], view(output, group));
      continue;
    }
    const session = backend.session(keyOf("group attention", settings), () => forwardGraph(settings));
    const inputs = [view(query, group), view(key, 1), view(value, 1), ...addedOf(call, piece)];
    backend.run(session, inputs, [view(output, group)]);
  }
  return [backend.output([tokens, 1, heads * valueSize], output)];
}

/** The same inputs and dy → gradients of query, key and value. */
export function groupAttentionGradient(call: KernelCall): tf.TensorInfo[] {
  const { backend } = call;
  const { tokens, heads, keyHeads, group } = sizesOf(call);
  const names = ["query", "key", "value", "dy"];
  const [query, key, value, dy] = names.map((name) => backend.floats(inputOf(call, name))) as [...Triple, Float32Array];
  const gradients = [query, key, value].map(({ length }) => backend.pool.take(length)) as Triple;
  for (const piece of piecesOf(call)) {
    const settings = settingsOf(call, piece);
    const view = (values: Float32Array, shared: number) => viewOf(values, piece, { tokens, keyHeads, shared });
    const triple = ([first, second, third]: Triple): Views => [view(first, group), view(second, 1), view(third, 1)];
    const viewsAndDy = [...triple([query, key, value]), view(dy, group)] as const;
    if (isLong(piece, heads)) {
      attendLongGradient(longRowsOf(call, piece), viewsAndDy, triple(gradients));
      continue;
    }
    const session = backend.session(keyOf("group attention gradient", settings), () => gradientGraph(settings));
    backend.run(session, [...viewsAndDy, ...addedOf(call, piece)], triple(gradients));
  }
  return ["query", "key", "value"].map((name, index) =>
    backend.output(inputOf(call, name).shape, gradients[index] as Float32Array),
  );
}

function forwardGraph(settings: Settings): OnnxGraph {
  const g = graphOf("query", "key", "value", ...addedNames(settings));
  const [query, key, value] = [byHead(g, "query"), byHead(g, "key"), byHead(g, "value")];
  const { dropped } = weightsIn(g, settings, { query, key });
  return g.finish(byToken(g, g.product(dropped, value)));
}

function gradientGraph(settings: Settings): OnnxGraph {
  const g = graphOf("query", "key", "value", "dy", ...addedNames(settings));
  const [query, key, value, dy] = ["query", "key", "value", "dy"].map((name) => byHead(g, name)) as [
    string,
    string,
    string,
    string,
  ];
  const weights = weightsIn(g, settings, { query, key });
  const scores = scoreGradient(g, weights, { dy, value });
  /** The gradients of a key head, summed over its query heads. */
  const summed = (x: string) => (settings.isShared ? g.node("ReduceSum", [x, g.integers([2])], { keepdims: 1 }) : x);
  return g.finish(
    byToken(g, g.product(scores, key, { alpha: settings.scale })),
    byToken(g, summed(g.product(scores, query, { transA: true, alpha: settings.scale }))),
    byToken(g, summed(g.product(weights.dropped, dy, { transA: true }))),
  );
}

/** [rows, time, keyHeads, shared, size] → [rows, keyHeads, shared, time, size] */
function byHead(g: GraphWriter, x: string): string {
  return g.node("Transpose", [x], { perm: [0, 2, 3, 1, 4] });
}

function byToken(g: GraphWriter, x: string): string {
  return g.node("Transpose", [x], { perm: [0, 3, 1, 2, 4] });
}

function weightsIn(
  g: GraphWriter,
  settings: Settings,
  heads: { readonly query: string; readonly key: string },
): Weights {
  const masked = (scores: string) => (settings.hasMask ? g.add(scores, "mask") : scores);
  return weightsOf(g, settings, heads, (scores) => g.node("Softmax", [masked(scores)], { axis: -1 }));
}

function sizesOf({ inputs, attributes }: KernelCall) {
  const [heads, keyHeads] = [Number(attributes.heads), Number(attributes.keyHeads)];
  return { tokens: inputs.query?.shape[0] ?? 0, heads, keyHeads, group: heads / keyHeads };
}

function piecesOf({ inputs, attributes, backend }: KernelCall): readonly Piece[] {
  const groups = attributes.groups as readonly number[];
  const heads = Number(attributes.heads);
  const pieces: Piece[] = [];
  let first = 0;
  for (let index = 0; 2 * index < groups.length; index++) {
    const [rows = 0, time = 0] = [groups[2 * index], groups[2 * index + 1]];
    const step = Math.max(1, Math.floor(pieceEntries / (heads * time * time)));
    const maskTensor = inputs[`mask${index}`];
    const mask = maskTensor && maskFactsOf(maskTensor, backend);
    const draw = drawIn((attributes.draws as readonly tf.NamedAttrMap[])[index] ?? { rate: 0 });
    const drops = draw.rate > 0 ? dropoutMask(draw) : undefined;
    for (let done = 0; done < rows; done += step) {
      const count = Math.min(step, rows - done);
      const dropped = drops === undefined ? undefined : { mask: drops, before: done * heads * time * time };
      pieces.push({ rows: count, time, first, mask, dropped });
      first += count * time;
    }
  }
  return pieces;
}

function addedNames({ hasMask, drops }: Settings): readonly string[] {
  return [...(hasMask ? ["mask"] : []), ...(drops ? ["factors"] : [])];
}

/** The biases of a piece's scores, and the dropout factors of its weights, drawn for this piece only. */
function addedOf({ attributes }: KernelCall, { rows, time, mask, dropped }: Piece): readonly NativeTensor[] {
  const [heads, keyHeads] = [Number(attributes.heads), Number(attributes.keyHeads)];
  const masks = mask === undefined ? [] : [maskOf(mask, keyHeads, heads / keyHeads)];
  if (dropped === undefined) return masks;
  const values = dropped.mask.factors({ first: dropped.before, count: rows * heads * time * time });
  return [...masks, { values, shape: [rows, keyHeads, heads / keyHeads, time, time] }];
}

/** [1, keyHeads or 1, shared or 1, time or 1, time], as a graph takes it. */
function maskOf(
  { values, shape: [, heads, queries = 1, time = 1] }: MaskFacts,
  keyHeads: number,
  shared: number,
): NativeTensor {
  return { values, shape: [1, ...(heads === 1 ? [1, 1] : [keyHeads, shared]), queries, time] };
}

/** Whether the weights of one row are more than a piece of them. */
function isLong({ time }: Piece, heads: number): boolean {
  return heads * time * time > longEntries;
}

function longRowsOf(call: KernelCall, piece: Piece): LongRows {
  const { mask, dropped } = piece;
  return { backend: call.backend, settings: settingsOf(call, piece), mask, dropped };
}

/** The piece's part of a tensor, `shared` heads for each key head. */
function viewOf(
  whole: Float32Array,
  { rows, time, first }: Piece,
  { tokens, keyHeads, shared }: { readonly tokens: number; readonly keyHeads: number; readonly shared: number },
): NativeTensor {
  const width = whole.length / tokens;
  const values = whole.subarray(first * width, (first + rows * time) * width);
  return { values, shape: [rows, time, keyHeads, shared, width / keyHeads / shared] };
}

function settingsOf({ attributes }: KernelCall, { mask, dropped }: Piece): Settings {
  const { scale, cap, heads, keyHeads } = attributes;
  const kinds = { hasMask: mask !== undefined, drops: dropped !== undefined, isShared: heads !== keyHeads };
  return { scale: Number(scale), cap: Number(cap), ...kinds };
}

function keyOf(name: string, { scale, cap, hasMask, drops, isShared }: Settings): string {
  return `${name} ${scale} ${cap} ${hasMask} ${drops} ${isShared}`;
}
