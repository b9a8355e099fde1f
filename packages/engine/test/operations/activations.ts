// GELU by both formulas, SiLU, and the gated activations.

import * as tf from "@tensorflow/tfjs-core";
import { gelu } from "../../src/ops/gelu.ts";
import { geglu, silu, swiglu } from "../../src/ops/silu.ts";
import { at, erf, sigmoid } from "./float64.ts";
import { defineOperation, leadingAxes, type OperationCase, required, size } from "./operation-case.ts";

/** One entry more than a native piece holds. */
const large = [[262_145]];
const shapes = leadingAxes.chain((axes) => size.map((last): readonly number[] => [...axes, last]));

interface Formula {
  readonly name: string;
  readonly compute: (x: tf.Tensor) => tf.Tensor;
  readonly twin: (x: tf.Tensor) => tf.Tensor;
  readonly reference: (x: number) => number;
}

const cubic = 0.044715;
const root = Math.sqrt(2 / Math.PI);

const tanhGelu: Formula = {
  name: "gelu by tanh",
  compute: (x) => gelu(x, "tanh"),
  twin: (x) => {
    const inner = tf.mul(root, tf.add(x, tf.mul(cubic, tf.mul(tf.square(x), x))));
    return tf.mul(tf.mul(x, 0.5), tf.add(1, tf.tanh(inner)));
  },
  reference: (x) => 0.5 * x * (1 + Math.tanh(root * (x + cubic * x ** 3))),
};

const erfGelu: Formula = {
  name: "gelu by erf",
  compute: (x) => gelu(x, "erf"),
  twin: (x) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.div(x, Math.SQRT2)))),
  reference: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
};

const siluFormula: Formula = {
  name: "silu",
  compute: silu,
  twin: (x) => tf.mul(x, tf.sigmoid(x)),
  reference: (x) => x * sigmoid(x),
};

const ofOne = [tanhGelu, erfGelu, siluFormula].map(({ name, compute, twin, reference }) =>
  defineOperation<readonly number[]>({
    name,
    settings: shapes,
    large,
    use: (shape) => ({
      shapes: [shape],
      range: 4,
      compute: (x) => compute(required(x)),
      twin: (x) => twin(required(x)),
      reference: (x) => required(x).map(reference),
    }),
  }),
);

const gated = [
  { name: "swiglu", compute: swiglu, formula: siluFormula },
  { name: "geglu", compute: (gate: tf.Tensor, up: tf.Tensor) => geglu(gate, up, "tanh"), formula: tanhGelu },
].map(({ name, compute, formula }) =>
  defineOperation<readonly number[]>({
    name,
    settings: shapes,
    large,
    use: (shape) => ({
      shapes: [shape, shape],
      range: 4,
      keepsInfinities: "an infinite gradient times the slope, as torch's; the product rule subtracts two infinities",
      compute: (gate, up) => compute(required(gate), required(up)),
      twin: (gate, up) => tf.mul(formula.twin(required(gate)), required(up)),
      reference: (gate, up) => required(gate).map((value, index) => formula.reference(value) * at(required(up), index)),
    }),
  }),
);

export const activations: readonly OperationCase[] = [...ofOne, ...gated];
