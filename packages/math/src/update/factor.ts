// A low-rank update as data: the factors whose product is added to a weight, and what stands beside them. Everything that
// computes works on this, so that a variant with other factors needs no other code.

import * as tf from "@tensorflow/tfjs-core";
import type { FileLayout } from "./file-layout.ts";

/** What a factor will be, before there is a tensor. */
export interface FactorSpec {
  /** What its variable is to the layer, the end of its name: "lora_A". */
  readonly part: string;
  /** Of its variable: a matrix [rows, columns], or a vector, which stands for a diagonal matrix. */
  readonly shape: readonly number[];
  /** As a file has it. */
  readonly fileShape: readonly number[];
  readonly layout: FileLayout;
  /** How the matrix that is multiplied is made of the variable. Default: it is the variable. */
  readonly expansion?: Expansion;
  /** So many groups of its columns are multiplied with rows of their own, by a grouped convolution. Default 1. */
  readonly groups?: number;
  /** False for values that stay as they start. Default true. */
  readonly isTrained?: boolean;
}

/** A matrix that is made of a smaller variable. */
interface Expansion {
  readonly rows: number;
  /** Called inside a `tidy`; the result may be the variable. */
  of(variable: tf.Tensor): tf.Tensor;
}

/** One factor of an update. */
export interface Factor extends FactorSpec {
  readonly variable: tf.Variable;
  /**
   * What is multiplied: a matrix, or a vector for a diagonal one. Call it inside a `tidy` and dispose of nothing: it may be
   * the variable.
   */
  expand(): tf.Tensor;
}

/** What an adapter computes with beside the factors, frozen. */
export type BaseChange =
  /** In place of the frozen weight, [inFeatures, outFeatures]: rounded (LoftQ), say. */
  | { readonly kind: "replacement"; readonly weight: tf.Tensor2D }
  /** Taken from the update: the part of the weight that it took over (PiSSA), as s·a·b. */
  | ({ readonly kind: "subtracted" } & TwoMatrices);

/** Two matrices whose product is an update or a part of it: a [inFeatures, rank] and b [rank, outFeatures]. */
export interface TwoMatrices {
  readonly a: tf.Tensor2D;
  readonly b: tf.Tensor2D;
}

/** ΔW = s·F₁·F₂·…, less s·a·b where `baseChange` is subtracted. */
export interface Update {
  /** In the order in which they are multiplied, [inFeatures, …] first and […, outFeatures] last; at least two. */
  readonly factors: readonly Factor[];
  readonly baseChange: BaseChange | null;
}

/** A factor of a variable that exists. */
export function factorOf(spec: FactorSpec, variable: tf.Variable): Factor {
  return { ...spec, variable, expand: () => spec.expansion?.of(variable) ?? variable };
}

/** What is trained of an update. */
export function trainedIn({ factors }: Update): readonly tf.Variable[] {
  return factors.filter(({ isTrained = true }) => isTrained).map(({ variable }) => variable);
}

/** The last factor, and the product of all before it. Call it inside a `tidy` and dispose of nothing. */
export function asTwoMatrices({ factors }: Pick<Update, "factors">): TwoMatrices {
  const matrices = factors.map((factor) => factor.expand());
  const b = matrices.pop() as tf.Tensor2D;
  return { a: matrices.reduce(product) as tf.Tensor2D, b };
}

/** Numbers of rows and columns of the matrix that a factor stands for. */
export function sidesOf({ expansion, groups = 1 }: FactorSpec, [rows = 0, columns = rows]: readonly number[]) {
  return { rows: (expansion?.rows ?? rows) * groups, columns };
}

function product(left: tf.Tensor, right: tf.Tensor): tf.Tensor {
  return right.rank === 1 ? tf.mul(left, right) : tf.matMul(left as tf.Tensor2D, right as tf.Tensor2D);
}
