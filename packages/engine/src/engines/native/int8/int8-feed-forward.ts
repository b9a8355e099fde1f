// Two products in 8 bits with an activation between them, a few rows at a time: the wide intermediate values are never in
// memory as a whole. For the gradient, the activation's derivatives are saved, in 8 bits as well. The gradient needs no extra
// passes for the scales of rows and matrices, because rounding divides each row anyway.

import type * as tf from "@tensorflow/tfjs-core";
import { inputOf, type KernelCall } from "../kernels/native-kernel.ts";
import type { NativeTensor } from "../runtime/native-tensor.ts";
import { activatingGraph, type GeluKind, slopedGraph } from "./feed-forward-graphs.ts";
import { inPieces, multiply, roundingSession, scalingGraph, wholeOf } from "./int8-product.ts";
import type { Int8Product } from "./native-int8-weights.ts";

/**
 * x [..., inFeatures], biases [hidden] and [outFeatures] → [..., outFeatures] and, if `isDifferentiated`, the activation's derivatives:
 * a tensor whose bytes are codes [rows, hidden].
 */
export function int8FeedForward(call: KernelCall): tf.TensorInfo[] {
  const { backend, attributes } = call;
  const x = inputOf(call, "x");
  const [up, down] = [productOf(call, "up", false), productOf(call, "down", false)];
  const values = backend.floats(x);
  const rows = values.length / up.inner;
  const result = backend.pool.take(rows * down.columns);
  const isDifferentiated = attributes.isDifferentiated === true;
  const derivatives = isDifferentiated ? backend.pool.take(Math.ceil((rows * up.columns) / 4)) : undefined;
  const kind = { gelu: attributes.gelu as GeluKind, isDifferentiated, hasBias: call.inputs.upBias !== undefined };
  const round = roundingSession(backend, false);
  const activate = backend.session(`int8 activated ${Object.values(kind).join(" ")}`, () => activatingGraph(kind));
  const [upBias, downBias] = [biasOf(call, "upBias"), biasOf(call, "downBias")];
  const finish = backend.session(`int8 scaled ${downBias.length > 0}`, () => scalingGraph(downBias.length > 0));
  const codesOfDerivatives = derivatives && new Uint8Array(derivatives.buffer);
  inPieces(backend, rows, [up, down], ({ part, room, sums }) => {
    const input = room(0, up.inner);
    backend.run(round, [part(values, up.inner)], [input.codes, input.factors]);
    multiply(backend, up, input.codes, sums(0, up.columns));
    const inner = room(1, up.columns);
    const derived = codesOfDerivatives ? [part(codesOfDerivatives, up.columns)] : [];
    backend.run(activate, [sums(0, up.columns), input.factors, ...upBias], [inner.codes, inner.factors, ...derived]);
    multiply(backend, down, inner.codes, sums(1, down.columns));
    backend.run(finish, [sums(1, down.columns), inner.factors, ...downBias], [part(result, down.columns)]);
  });
  const output = backend.output([...x.shape.slice(0, -1), down.columns], result);
  return derivatives === undefined ? [output] : [output, backend.output([derivatives.length], derivatives)];
}

/** dy [..., outFeatures] and the derivatives → the gradient of x, plus `term` of its size, whose memory it may reuse. */
export function int8FeedForwardGradient(call: KernelCall): tf.TensorInfo[] {
  const { backend, inputs } = call;
  const dy = inputOf(call, "dy");
  const [up, down] = [productOf(call, "up", true), productOf(call, "down", true)];
  const values = backend.floats(dy);
  const codesOfDerivatives = new Uint8Array(backend.floats(inputOf(call, "derivatives")).buffer);
  const rows = values.length / down.inner;
  const { term } = inputs;
  const shape = [...dy.shape.slice(0, -1), up.columns];
  const reused = term && backend.reuse(term, rows * up.columns);
  const output = reused ?? backend.output(shape, backend.pool.take(rows * up.columns));
  const result = backend.floats(output);
  const added = term && backend.floats(term);
  const round = roundingSession(backend, true);
  const gradient = backend.session("int8 sloped", slopedGraph);
  const finish = backend.session(`int8 scaled ${term !== undefined}`, () => scalingGraph(term !== undefined));
  // The columns of this matrix are scaled anyway, so they also get the scales of the next matrix's rounded input.
  const scaled = { ...down, columnScales: innerScalesOf(up) };
  inPieces(backend, rows, [down, up], ({ part, room, sums }) => {
    const input = room(0, down.inner);
    backend.run(round, [part(values, down.inner), wholeOf(innerScalesOf(down))], [input.codes, input.factors]);
    multiply(backend, scaled, input.codes, sums(0, down.columns));
    const inner = room(1, up.inner);
    const derivatives = part(codesOfDerivatives, up.inner);
    backend.run(gradient, [sums(0, down.columns), derivatives, input.factors], [inner.codes, inner.factors]);
    multiply(backend, up, inner.codes, sums(1, up.columns));
    const sum = added === undefined ? [] : [part(added, up.columns)];
    backend.run(finish, [sums(1, up.columns), inner.factors, ...sum], [part(result, up.columns)]);
  });
  return [{ ...output, shape }];
}

function productOf({ backend, attributes }: KernelCall, name: string, isTransposed: boolean): Int8Product {
  return backend.int8Weights.product(Number(attributes[name]), isTransposed);
}

/** The inner scales of a transposed product. */
function innerScalesOf({ innerScales = new Float32Array() }: Int8Product): Float32Array {
  return innerScales;
}

function biasOf({ backend, inputs }: KernelCall, name: string): readonly NativeTensor[] {
  const bias = inputs[name];
  return bias === undefined ? [] : [wholeOf(backend.floats(bias))];
}
