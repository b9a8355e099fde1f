// A low-rank update as data: factors whose product is added to a weight, and a change of the base weight. All computations use
// it, so a variant with other factors needs no other code.

import * as tf from "@tensorflow/tfjs-core";
import type { FileLayout } from "./file-layout.ts";

/** The specification of a factor, without values. */
export interface FactorSpec {
  /** Its part of the layer, which ends its name: "lora_A". */
  readonly part: string;
  /** The variable's shape: a matrix [rows, columns], or a vector for a diagonal matrix. */
  readonly shape: readonly number[];
  /** The shape in files. */
  readonly fileShape: readonly number[];
  readonly layout: FileLayout;
  /** Makes the multiplied matrix from the variable. Default: the variable itself. */
  readonly expansion?: Expansion;
  /** For grouped convolutions: number of blocks of a block-diagonal matrix; only the rows of one block are stored. Default 1. */
  readonly groups?: number;
  /** False for frozen values. Default true. */
  readonly isTrained?: boolean;
}

/** A matrix that is made from a smaller variable. */
interface Expansion {
  readonly rows: number;
  /** Called inside a `tidy`; the result may be the variable. */
  of(variable: tf.Tensor): tf.Tensor;
}

/** One factor of an update. */
export interface Factor extends FactorSpec {
  readonly variable: tf.Variable;
  /**
   * The matrix to multiply, or a vector for a diagonal one. Call it inside a `tidy` and do not dispose of the result: it may be
   * the variable.
   */
  expand(): tf.Tensor;
}

/** A frozen change of the base weight. */
export type BaseChange =
  /** Replaces the frozen weight [inFeatures, outFeatures], such as by a quantized one (LoftQ). */
  | { readonly kind: "replacement"; readonly weight: tf.Tensor2D }
  /** Subtracts s·a·b, the part of the weight that A and B replace (PiSSA). */
  | ({ readonly kind: "subtracted" } & AB);

/** Two matrices whose product is an update or a part of it: a [inFeatures, rank] and b [rank, outFeatures]. */
export interface AB {
  readonly a: tf.Tensor2D;
  readonly b: tf.Tensor2D;
}

/** ΔW = s·F₁·F₂·…, minus s·a·b if `baseChange` is "subtracted". */
export interface Update {
  /** In the order in which they are multiplied, [inFeatures, …] first and […, outFeatures] last; at least two. */
  readonly factors: readonly Factor[];
  readonly baseChange: BaseChange | null;
}

/** Makes a factor from a variable. */
export function factorOf(spec: FactorSpec, variable: tf.Variable): Factor {
  return { ...spec, variable, expand: () => spec.expansion?.of(variable) ?? variable };
}

/** The trained variables of an update. */
export function trainedIn({ factors }: Update): readonly tf.Variable[] {
  return factors.filter(({ isTrained = true }) => isTrained).map(({ variable }) => variable);
}

/** The last factor as b, the product of the others as a. Call it inside a `tidy` and do not dispose of the result. */
export function toAB({ factors }: Pick<Update, "factors">): AB {
  const matrices = factors.map((factor) => factor.expand());
  const b = matrices.pop() as tf.Tensor2D;
  return { a: matrices.reduce(product) as tf.Tensor2D, b };
}

/** Rows and columns of a factor's matrix. The shape is the tensor's, which may differ from the specified one (from a file). */
export function sidesOf({ expansion, groups = 1 }: FactorSpec, [rows = 0, columns = rows]: readonly number[]) {
  return { rows: (expansion?.rows ?? rows) * groups, columns };
}

function product(left: tf.Tensor, right: tf.Tensor): tf.Tensor {
  return right.rank === 1 ? tf.mul(left, right) : tf.matMul(left as tf.Tensor2D, right as tf.Tensor2D);
}
