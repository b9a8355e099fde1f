// Kernels of one input that act on each entry alone.

import * as tf from "@tensorflow/tfjs-core";
import { numberOf } from "./attributes.ts";
import { gradientOf, zeroGradientOf } from "./rule.ts";

const seluScale = 1.0507009873554805;
const seluScaleAlpha = 1.7580993408473768;

/** d output/d x from the output alone: nothing else need be saved. */
const fromOutput: Readonly<Record<string, (output: tf.Tensor) => tf.Tensor>> = {
  Exp: (output) => output,
  Expm1: (output) => tf.add(output, 1),
  Sqrt: (output) => tf.div(0.5, output),
  Rsqrt: (output) => tf.mul(tf.mul(tf.square(output), output), -0.5),
  Reciprocal: (output) => tf.neg(tf.square(output)),
  Sigmoid: (output) => tf.mul(output, tf.sub(1, output)),
  Tanh: (output) => tf.sub(1, tf.square(output)),
  Relu: (output) => tf.step(output),
  Relu6: (output) => tf.mul(tf.step(output), tf.cast(tf.less(output, 6), "float32")),
  Elu: (output) => tf.where(tf.greater(output, 0), tf.onesLike(output), tf.add(output, 1)),
  Selu: (output) => tf.where(tf.greater(output, 0), tf.fill(output.shape, seluScale), tf.add(output, seluScaleAlpha)),
};

/** d output/d x from x. */
const fromInput: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  Abs: (x) => tf.sign(x),
  Square: (x) => tf.mul(x, 2),
  Log: (x) => tf.reciprocal(x),
  Log1p: (x) => tf.reciprocal(tf.add(x, 1)),
  Sin: (x) => tf.cos(x),
  Cos: (x) => tf.neg(tf.sin(x)),
  Tan: (x) => tf.reciprocal(tf.square(tf.cos(x))),
  Sinh: (x) => tf.cosh(x),
  Cosh: (x) => tf.sinh(x),
  Atan: (x) => tf.reciprocal(tf.add(tf.square(x), 1)),
  Softplus: (x) => tf.sigmoid(x),
  Erf: (x) => tf.mul(tf.exp(tf.neg(tf.square(x))), 2 / Math.sqrt(Math.PI)),
};

export const elementwiseGradients: readonly tf.GradConfig[] = [
  ...Object.entries(fromOutput).map(([kernelName, derivative]) =>
    gradientOf(kernelName, ["output"], (dy, [output]) => ({ x: () => tf.mul(dy, derivative(output)) })),
  ),
  ...Object.entries(fromInput).map(([kernelName, derivative]) =>
    gradientOf(kernelName, ["x"], (dy, [x]) => ({ x: () => tf.mul(dy, derivative(tf.cast(x, "float32"))) })),
  ),
  gradientOf("Neg", [], (dy) => ({ x: () => tf.neg(dy) })),
  gradientOf("Identity", [], (dy) => ({ x: () => tf.clone(dy) })),
  gradientOf("Cast", [], (dy) => ({ x: () => tf.clone(dy) })),
  gradientOf("LeakyRelu", ["x"], (dy, [x], attributes) => ({
    x: () => tf.where(tf.greater(x, 0), dy, tf.mul(dy, numberOf(attributes, "alpha"))),
  })),
  gradientOf("ClipByValue", ["x"], (dy, [x], attributes) => ({
    x: () => {
      const aboveLowest = tf.greaterEqual(x, numberOf(attributes, "clipValueMin"));
      const belowHighest = tf.lessEqual(x, numberOf(attributes, "clipValueMax"));
      return tf.where(tf.logicalAnd(aboveLowest, belowHighest), dy, tf.zerosLike(dy));
    },
  })),
  ...[
    "Ceil",
    "Floor",
    "Round",
    "Sign",
    "Step",
    "ZerosLike",
    "OnesLike",
    "IsNan",
    "IsInf",
    "IsFinite",
    "LogicalNot",
  ].map((kernelName) => zeroGradientOf(kernelName, "x")),
  ...["Equal", "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual", "LogicalAnd", "LogicalOr"].map(
    (kernelName) => zeroGradientOf(kernelName, "a", "b"),
  ),
];
