// Attention of rows of several lengths, and its gradient. Tokens lie with all their heads side by side; the graph turns them
// itself, so that a group of rows is one call into ONNX Runtime and nothing is cut apart or joined.

import type * as tf from "@tensorflow/tfjs-core";
import { type GraphWriter, graphOf } from "../kernels/graph.ts";
import { inputOf, type KernelCall, registerOwnKernel } from "../kernels/native-kernel.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";
import type { NativeTensor } from "../runtime/onnx-runtime.ts";
import { maskFactsOf } from "./mask-facts.ts";

export function registerGroupAttention(): void {
  registerOwnKernel("LowrankGroupAttention", groupAttention);
  registerOwnKernel("LowrankGroupAttentionGradient", groupAttentionGradient);
}

interface Settings {
  readonly scale: number;
  /** 0 where scores are unbounded. */
  readonly cap: number;
  readonly hasMask: boolean;
  /** Whether several query heads share a key head. */
  readonly isShared: boolean;
}

/** Some rows of one length. */
interface Piece {
  readonly rows: number;
  readonly time: number;
  /** Number of the first token. */
  readonly first: number;
  /** [1, heads or 1, time, time], as a graph takes it. */
  readonly mask: NativeTensor | undefined;
}

/** Scores that exist at one time. */
const pieceEntries = 256 * 1024;

/** query, key and value [tokens, …], a mask for some groups → [tokens, 1, heads·valueSize]. */
function groupAttention(call: KernelCall): tf.TensorInfo[] {
  const { backend } = call;
  const { tokens, heads, keyHeads, group } = sizesOf(call);
  const [query, key, value] = ["query", "key", "value"].map((name) => backend.floats(inputOf(call, name))) as Triple;
  const valueSize = value.length / tokens / keyHeads;
  const output = backend.pool.take(tokens * heads * valueSize);
  for (const piece of piecesOf(call)) {
    const settings = settingsOf(call, piece);
    const session = backend.session(keyOf("group attention", settings), () => forwardGraph(settings));
    const view = (whole: Float32Array, shared: number) => viewOf(whole, piece, { tokens, keyHeads, shared });
    const inputs = [view(query, group), view(key, 1), view(value, 1), ...maskOf(piece)];
    backend.run(session, inputs, [view(output, group)]);
  }
  return [backend.output([tokens, 1, heads * valueSize], output)];
}

/** The same inputs and dy → gradients of query, key and value. */
function groupAttentionGradient(call: KernelCall): tf.TensorInfo[] {
  const { backend } = call;
  const { tokens, keyHeads, group } = sizesOf(call);
  const names = ["query", "key", "value", "dy"];
  const [query, key, value, dy] = names.map((name) => backend.floats(inputOf(call, name))) as [...Triple, Float32Array];
  const gradients = [query, key, value].map(({ length }) => backend.pool.take(length)) as Triple;
  for (const piece of piecesOf(call)) {
    const settings = settingsOf(call, piece);
    const session = backend.session(keyOf("group attention gradient", settings), () => gradientGraph(settings));
    const view = (whole: Float32Array, shared: number) => viewOf(whole, piece, { tokens, keyHeads, shared });
    const triple = ([first, second, third]: Triple) => [view(first, group), view(second, 1), view(third, 1)];
    backend.run(session, [...triple([query, key, value]), view(dy, group), ...maskOf(piece)], triple(gradients));
  }
  return ["query", "key", "value"].map((name, index) =>
    backend.output(inputOf(call, name).shape, gradients[index] as Float32Array),
  );
}

type Triple = [Float32Array, Float32Array, Float32Array];

function forwardGraph(settings: Settings): OnnxGraph {
  const g = graphOf("query", "key", "value", ...maskNames(settings));
  const [query, key, value] = [byHead(g, "query"), byHead(g, "key"), byHead(g, "value")];
  const { weights } = weightsIn(g, settings, { query, key });
  return g.finish(byToken(g, g.product(weights, value)));
}

function gradientGraph(settings: Settings): OnnxGraph {
  const g = graphOf("query", "key", "value", "dy", ...maskNames(settings));
  const [query, key, value, dy] = ["query", "key", "value", "dy"].map((name) => byHead(g, name)) as [
    string,
    string,
    string,
    string,
  ];
  const { weights, squashed } = weightsIn(g, settings, { query, key });
  const weighted = g.multiply(g.product(dy, value, { transB: true }), weights);
  const unbounded = g.subtract(weighted, g.multiply(weights, g.rowSum(weighted)));
  const scores =
    squashed === undefined
      ? unbounded
      : g.multiply(unbounded, g.subtract(g.constant(1), g.multiply(squashed, squashed)));
  /** What all query heads of a key head ask of it. */
  const summed = (x: string) => (settings.isShared ? g.node("ReduceSum", [x, g.integers([2])], { keepdims: 1 }) : x);
  return g.finish(
    byToken(g, g.product(scores, key, { alpha: settings.scale })),
    byToken(g, summed(g.product(scores, query, { transA: true, alpha: settings.scale }))),
    byToken(g, summed(g.product(weights, dy, { transA: true }))),
  );
}

/** [rows, time, keyHeads, shared, size] → [rows, keyHeads, shared, time, size] */
function byHead(g: GraphWriter, x: string): string {
  return g.node("Transpose", [x], { perm: [0, 2, 3, 1, 4] });
}

function byToken(g: GraphWriter, x: string): string {
  return g.node("Transpose", [x], { perm: [0, 3, 1, 2, 4] });
}

/** softmax(bound(query·keyᵀ·scale) + mask); where scores are bounded also tanh(score/cap), which their gradient needs. */
function weightsIn(
  g: GraphWriter,
  { scale, cap, hasMask }: Settings,
  { query, key }: { readonly query: string; readonly key: string },
) {
  const plain = g.product(query, key, { transB: true, alpha: cap === 0 ? scale : scale / cap });
  const squashed = cap === 0 ? undefined : g.node("Tanh", [plain]);
  const scores = squashed === undefined ? plain : g.scale(squashed, cap);
  const masked = hasMask ? g.add(scores, "mask") : scores;
  return { weights: g.node("Softmax", [masked], { axis: -1 }), squashed };
}

function sizesOf({ inputs, attributes }: KernelCall) {
  const [heads, keyHeads] = [Number(attributes.heads), Number(attributes.keyHeads)];
  return { tokens: inputs.query?.shape[0] ?? 0, heads, keyHeads, group: heads / keyHeads };
}

function piecesOf({ inputs, attributes, backend }: KernelCall): readonly Piece[] {
  const groups = attributes.groups as readonly number[];
  const [heads, keyHeads] = [Number(attributes.heads), Number(attributes.keyHeads)];
  const pieces: Piece[] = [];
  let first = 0;
  for (let index = 0; 2 * index < groups.length; index++) {
    const [rows = 0, time = 0] = [groups[2 * index], groups[2 * index + 1]];
    const step = Math.max(1, Math.floor(pieceEntries / (heads * time * time)));
    const given = inputs[`mask${index}`];
    const values = given === undefined ? undefined : maskFactsOf(given, backend).values;
    const shape = given?.shape[1] === 1 ? [1, 1, 1, time, time] : [1, keyHeads, heads / keyHeads, time, time];
    const mask = values === undefined ? undefined : { values, shape };
    for (let done = 0; done < rows; done += step) {
      const count = Math.min(step, rows - done);
      pieces.push({ rows: count, time, first, mask });
      first += count * time;
    }
  }
  return pieces;
}

function maskNames({ hasMask }: Settings): readonly string[] {
  return hasMask ? ["mask"] : [];
}

function maskOf({ mask }: Piece): readonly NativeTensor[] {
  return mask === undefined ? [] : [mask];
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

function settingsOf({ attributes }: KernelCall, { mask }: Piece): Settings {
  const { scale, cap, heads, keyHeads } = attributes;
  return { scale: Number(scale), cap: Number(cap), hasMask: mask !== undefined, isShared: heads !== keyHeads };
}

function keyOf(name: string, { scale, cap, hasMask, isShared }: Settings): string {
  return `${name} ${scale} ${cap} ${hasMask} ${isShared}`;
}
