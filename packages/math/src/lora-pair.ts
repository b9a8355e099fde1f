// The two trainable matrices of one adapted weight.

import * as tf from "@tensorflow/tfjs-core";
import { PairShapeError } from "./errors.ts";

/** What tells a linear pair from an embedding's: names of its variables and in which half the start is random. */
export type PairKind = "linear" | "embedding";

/** A matrix as a torch file stores it. */
export interface TorchMatrix {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A pair as PEFT stores it: A [rank, inFeatures] and B [outFeatures, rank]. */
export interface TorchPair {
  readonly a: TorchMatrix;
  readonly b: TorchMatrix;
}

/**
 * A low-rank update ΔW = s·A·B of a weight [inFeatures, outFeatures]; it owns its two variables.
 *
 * @example
 * ```ts
 * import { LoraPair } from "@lowrank/math";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * const pair = LoraPair.fromTensors({ a: tf.ones([4, 2]), b: tf.zeros([2, 3]), name: "example" });
 * console.assert(pair.rank === 2);
 * pair.dispose();
 * ```
 */
export class LoraPair {
  readonly kind: PairKind;
  /** [inFeatures, rank]; an embedding's has one row for each token. */
  readonly a: tf.Variable<tf.Rank.R2>;
  /** [rank, outFeatures] */
  readonly b: tf.Variable<tf.Rank.R2>;

  private constructor(kind: PairKind, a: tf.Variable<tf.Rank.R2>, b: tf.Variable<tf.Rank.R2>) {
    this.kind = kind;
    this.a = a;
    this.b = b;
  }

  /**
   * Takes ownership of A [inFeatures, rank] and B [rank, outFeatures]. Variables are named `${name}.lora_A` and
   * `${name}.lora_B` (embedding: `lora_embedding_A`), and a name can be in use only once. Throws PairShapeError.
   */
  static fromTensors(options: {
    readonly a: tf.Tensor2D;
    readonly b: tf.Tensor2D;
    readonly name: string;
    readonly kind?: PairKind;
    /** False for an adapter that is only used. Default true. */
    readonly trainable?: boolean;
  }): LoraPair {
    const { a, b, name, kind = "linear", trainable = true } = options;
    if (a.rank !== 2 || b.rank !== 2 || a.shape[1] !== b.shape[0] || a.shape[1] < 1)
      throw new PairShapeError(`The pair "${name}"`, a.shape, b.shape, "[inFeatures, rank] and [rank, outFeatures]");
    const prefix = kind === "embedding" ? `${name}.lora_embedding_` : `${name}.lora_`;
    const pair = new LoraPair(kind, tf.variable(a, trainable, `${prefix}A`), tf.variable(b, trainable, `${prefix}B`));
    tf.dispose([a, b]);
    return pair;
  }

  /** From PEFT's layout: A [rank, inFeatures] and B [outFeatures, rank]. Throws PairShapeError. */
  static fromTorch(
    stored: TorchPair,
    options: { readonly name: string; readonly kind?: PairKind; readonly trainable?: boolean },
  ): LoraPair {
    const { a, b } = stored;
    if (a.shape.length !== 2 || b.shape.length !== 2 || a.shape[0] !== b.shape[1])
      throw new PairShapeError(
        `The pair "${options.name}"`,
        a.shape,
        b.shape,
        "[rank, inFeatures] and [outFeatures, rank]",
      );
    return LoraPair.fromTensors({ ...options, a: fromTorchLayout(a), b: fromTorchLayout(b) });
  }

  get inFeatures(): number {
    return this.a.shape[0];
  }

  get outFeatures(): number {
    return this.b.shape[1];
  }

  get rank(): number {
    return this.a.shape[1];
  }

  /** Number of trainable values. */
  get size(): number {
    return this.a.size + this.b.size;
  }

  /** A copy in PEFT's layout: A [rank, inFeatures] and B [outFeatures, rank]. */
  async toTorch(): Promise<TorchPair> {
    const [a, b] = await Promise.all([toTorchLayout(this.a), toTorchLayout(this.b)]);
    return { a, b };
  }

  dispose(): void {
    this.a.dispose();
    this.b.dispose();
  }
}

/** A matrix [rows, columns] as torch stores it: [columns, rows], row by row. */
export async function toTorchLayout(matrix: tf.Tensor2D): Promise<TorchMatrix> {
  const transposed = tf.transpose(matrix);
  try {
    return { shape: [...transposed.shape], values: Float32Array.from(await transposed.data()) };
  } finally {
    transposed.dispose();
  }
}

/** The inverse of `toTorchLayout`; the caller owns the tensor. */
export function fromTorchLayout(matrix: TorchMatrix): tf.Tensor2D {
  const [rows = 0, columns = 0] = matrix.shape;
  return tf.tidy(() => tf.transpose(tf.tensor2d(matrix.values, [rows, columns])));
}
