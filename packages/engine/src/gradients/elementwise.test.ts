import * as tf from "@tensorflow/tfjs-core";
import { describe } from "vitest";
import { type FlatCases, type GradientCase, one, positive, testGradients } from "../../test/gradient-cases.ts";
import { elementwiseGradients } from "./elementwise.ts";

const elementwise: readonly GradientCase[] = [
  one("Abs", tf.abs),
  one("Cos", tf.cos),
  one("Sin", tf.sin),
  one("Tan", tf.tan),
  one("Sinh", tf.sinh),
  one("Cosh", tf.cosh),
  one("Atan", tf.atan),
  one("Exp", tf.exp),
  one("Expm1", tf.expm1),
  one("Erf", tf.erf),
  one("Elu", tf.elu),
  one("Selu", tf.selu),
  one("Relu", tf.relu),
  one("Relu6", (x) => tf.relu6(tf.mul(x, 8))),
  one("LeakyRelu", (x) => tf.leakyRelu(x, 0.3)),
  one("Sigmoid", tf.sigmoid),
  one("Softplus", tf.softplus),
  one("Square", tf.square),
  one("Tanh", tf.tanh),
  one("Neg", tf.neg),
  one("Identity", (x) => tf.square(tf.clone(x))),
  one("Cast", (x) => tf.square(tf.cast(x, "float32"))),
  one("Log", (x) => tf.log(positive(x))),
  one("Log1p", (x) => tf.log1p(positive(x))),
  one("Sqrt", (x) => tf.sqrt(positive(x))),
  one("Rsqrt", (x) => tf.rsqrt(positive(x))),
  one("Reciprocal", (x) => tf.reciprocal(positive(x))),
  one("ClipByValue", (x) => tf.clipByValue(x, -0.5, 0.4)),
];

const flat: FlatCases = {
  Ceil: (x) => tf.ceil(x),
  Floor: (x) => tf.floor(x),
  Round: (x) => tf.round(x),
  Sign: (x) => tf.sign(x),
  Step: (x) => tf.step(x),
  ZerosLike: (x) => tf.zerosLike(x),
  OnesLike: (x) => tf.onesLike(x),
  IsNan: (x) => tf.isNaN(x),
  IsInf: (x) => tf.isInf(x),
  IsFinite: (x) => tf.isFinite(x),
  LogicalNot: (x) => tf.logicalNot(tf.greater(x, 0)),
  Equal: (x) => tf.equal(x, 0),
  NotEqual: (x) => tf.notEqual(x, 0),
  Greater: (x) => tf.greater(x, 0),
  GreaterEqual: (x) => tf.greaterEqual(x, 0),
  Less: (x) => tf.less(x, 0),
  LessEqual: (x) => tf.lessEqual(x, 0),
  LogicalAnd: (x) => tf.logicalAnd(tf.greater(x, 0), tf.less(x, 1)),
  LogicalOr: (x) => tf.logicalOr(tf.greater(x, 0), tf.less(x, 1)),
};

describe("gradients of elementwise", () => {
  testGradients(elementwiseGradients, elementwise, flat);
});
