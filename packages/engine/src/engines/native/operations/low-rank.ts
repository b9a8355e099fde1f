// Adds the LoRA branch to a frozen output in one graph, and computes its gradients in others. With dropout, the graphs run on pieces
// of rows, so that the memory has the dropout factors of only one piece.

import type * as tf from "@tensorflow/tfjs-core";
import { drawIn } from "../../../kernels/drop-entries.ts";
import { dropoutMask } from "../../../random/masks/dropout-mask.ts";
import { sizeOf } from "../../../rows.ts";
import { type GraphWriter, graphOf } from "../kernels/graph.ts";
import { inputOf, type KernelCall } from "../kernels/native-kernel.ts";
import type { NativeTensor } from "../runtime/native-tensor.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";

/** Entries of x in a piece. Most x are one piece: then both kernels of the gradient find the same factors, which are drawn once. */
const pieceEntries = 1024 * 1024;

/**
 * output [..., outFeatures] + scale·(x [..., inFeatures]·a)·b → a tensor like output, in its memory if `mayReuseOutput` is
 * true and the memory is not shared. Attributes of a draw drop entries of x.
 */
export function addLowRank(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes } = call;
  const output = inputOf(call, "output");
  const size = sizeOf(output.shape);
  const reused = attributes.mayReuseOutput === true ? backend.reuse(output, size) : undefined;
  const result = reused ?? backend.output(output.shape, backend.pool.take(size));
  const [before, x, a, b] = [rowsOf(call, "output"), rowsOf(call, "x"), wholeOf(call, "a"), wholeOf(call, "b")];
  const target = { values: backend.floats(result), shape: before.shape };
  for (const { rows, drop, factors } of piecesOf(call, x)) {
    const session = backend.session(`add low rank ${drop}`, () => addLowRankGraph(drop));
    backend.run(session, [rows(before), rows(x), a, b, scaleOf(attributes), ...factors()], [rows(target)]);
  }
  return [result];
}

interface RowPiece {
  readonly drop: boolean;
  /** The piece's rows of a matrix. */
  rows(matrix: NativeTensor): NativeTensor;
  /** The dropout factors of its part of x; they are overwritten when those of the next piece are drawn. */
  factors(): readonly NativeTensor[];
}

/** All rows of x at once, or pieces of them if its entries drop out. */
function* piecesOf(call: KernelCall, { shape: [rows = 0, width = 1] }: NativeTensor): Generator<RowPiece> {
  const draw = drawIn(call.attributes);
  const drop = draw.rate > 0;
  if (!drop) return yield { drop, rows: (matrix) => matrix, factors: () => [] };
  const mask = dropoutMask(draw);
  const step = Math.max(1, Math.floor(pieceEntries / width));
  for (let first = 0; first < rows; first += step) {
    const count = Math.min(step, rows - first);
    yield {
      drop,
      rows: ({ values, shape: [, features = 1] }) => ({
        values: values.subarray(first * features, (first + count) * features),
        shape: [count, features],
      }),
      factors: () => {
        const values = mask.factors({ first: first * width, count: count * width });
        return [{ values, shape: [count, width] }];
      },
    };
  }
}

/** An input [..., features] as [rows, features]. */
function rowsOf(call: KernelCall, name: string): NativeTensor {
  const input = inputOf(call, name);
  const values = call.backend.floats(input);
  const features = input.shape.at(-1) ?? 1;
  return { values, shape: [values.length / features, features] };
}

function wholeOf(call: KernelCall, name: string): NativeTensor {
  const input = inputOf(call, name);
  return { values: call.backend.floats(input), shape: input.shape };
}

/** An input, not part of the graph: it may be another in each call. */
function scaleOf(attributes: tf.NamedAttrMap): NativeTensor {
  return { values: Float32Array.of(Number(attributes.scale)), shape: [1] };
}

function addLowRankGraph(drop: boolean): OnnxGraph {
  const g = graphOf("output", "x", "a", "b", "scale", ...(drop ? ["factors"] : []));
  return g.finish(g.add(g.product(g.multiply(g.product(seen(g, drop), "a"), "scale"), "b"), "output"));
}

function seen(g: GraphWriter, drop: boolean): string {
  return drop ? g.multiply("x", "factors") : "x";
}

/**
 * dy [..., outFeatures], x [..., inFeatures], a, b → the gradients of scale·x·a [rows, rank], of a and of b. The gradient of x is
 * then one more product, with a, which can be added to the gradients from other layers.
 */
export function addLowRankGradient(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes } = call;
  const [dy, x, a, b] = [rowsOf(call, "dy"), rowsOf(call, "x"), wholeOf(call, "a"), wholeOf(call, "b")];
  const allocate = (shape: readonly number[]) => ({ values: backend.pool.take(sizeOf(shape)), shape });
  const [narrow, forA, forB] = [allocate([dy.shape[0] ?? 0, b.shape[0] ?? 0]), allocate(a.shape), allocate(b.shape)];
  let sums: readonly NativeTensor[] = [];
  for (const { rows, drop, factors } of piecesOf(call, x)) {
    const kinds = { drop, sum: sums.length > 0 };
    const session = backend.session(`low rank gradient ${drop} ${kinds.sum}`, () => gradientGraph(kinds));
    const inputs = [rows(dy), rows(x), a, b, scaleOf(attributes), ...factors(), ...sums];
    backend.run(session, inputs, [rows(narrow), forA, forB]);
    sums = [forA, forB];
  }
  return [narrow, forA, forB].map(({ values, shape }) => backend.output(shape, values));
}

/** From the second piece on, the gradients of a and b are added to those of earlier pieces. */
function gradientGraph({ drop, sum }: { readonly drop: boolean; readonly sum: boolean }): OnnxGraph {
  const g = graphOf("dy", "x", "a", "b", "scale", ...(drop ? ["factors"] : []), ...(sum ? ["sumA", "sumB"] : []));
  const x = seen(g, drop);
  const narrow = g.multiply(g.product("dy", "b", { transB: true }), "scale");
  const projected = g.multiply(g.product(x, "a"), "scale");
  const forA = g.product(x, narrow, { transA: true });
  const forB = g.product(projected, "dy", { transA: true });
  return sum ? g.finish(narrow, g.add(forA, "sumA"), g.add(forB, "sumB")) : g.finish(narrow, forA, forB);
}

/** narrow [rows, rank], a, and a term of x's size → the gradient of an x that dropped entries, plus the term, in its memory. */
export function droppedGradient(call: KernelCall): tf.TensorInfo[] {
  const { backend, inputs } = call;
  const [narrow, a] = [rowsOf(call, "narrow"), wholeOf(call, "a")];
  const shape = [narrow.shape[0] ?? 0, a.shape[0] ?? 0];
  const { term } = inputs;
  const reused = term === undefined ? undefined : backend.reuse(term, sizeOf(shape));
  const result = reused ?? backend.output(shape, backend.pool.take(sizeOf(shape)));
  const target = { values: backend.floats(result), shape };
  const terms = term === undefined ? [] : [{ values: backend.floats(term), shape }];
  const session = backend.session(`dropped gradient ${terms.length}`, () => droppedGradientGraph(terms.length > 0));
  for (const { rows, factors } of piecesOf(call, target))
    backend.run(session, [rows(narrow), a, ...factors(), ...terms.map(rows)], [rows(target)]);
  return [result];
}

function droppedGradientGraph(hasTerm: boolean): OnnxGraph {
  const g = graphOf("narrow", "a", "factors", ...(hasTerm ? ["term"] : []));
  const dropped = g.multiply(g.product("narrow", "a", { transB: true }), "factors");
  return g.finish(hasTerm ? g.add(dropped, "term") : dropped);
}
