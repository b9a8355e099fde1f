// The two trainable matrices of one adapted weight.

import * as tf from "@tensorflow/tfjs-core";
import { PairShapeError } from "../errors.ts";
import { type FileLayout, fromStored, readStored, type StoredValues, transposedLayout } from "./file-layout.ts";
import { pissaToLora } from "./pissa-to-lora.ts";

/** What tells a linear pair from an embedding's: names of its variables and in which half the start is random. */
export type PairKind = "linear" | "embedding";

/** A matrix as a torch file stores it. */
export type TorchMatrix = StoredValues;

/** A pair as PEFT stores it: A [rank, inFeatures] and B [outFeatures, rank], or kernels with more axes. */
export interface TorchPair {
  readonly a: TorchMatrix;
  readonly b: TorchMatrix;
}

/** How both halves lie in files. */
export interface PairLayout {
  readonly a: FileLayout;
  readonly b: FileLayout;
  /**
   * B sees rank/groups of A's columns at a time and has as many rows: that of a grouped convolution, or one that is a
   * diagonal of blocks (BD-LoRA). Default 1.
   */
  readonly groups?: number;
  /** A is a diagonal of so many blocks and has inFeatures/blocks rows. Default 1. */
  readonly blocks?: number;
}

const matrices: PairLayout = { a: transposedLayout, b: transposedLayout };

/** The start of a pair that took over a part of the weight: frozen, A₀ [inFeatures, rank] and B₀ [rank, outFeatures]. */
export interface InitialPair {
  readonly a: tf.Tensor2D;
  readonly b: tf.Tensor2D;
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
  /** [inFeatures, rank]; an embedding's has one row for each token, a diagonal of blocks inFeatures/blocks rows. */
  readonly a: tf.Variable<tf.Rank.R2>;
  /** [rank, outFeatures]; that of a grouped convolution or a diagonal of blocks has rank/groups rows. */
  readonly b: tf.Variable<tf.Rank.R2>;
  readonly layout: PairLayout;
  /** What the pair subtracts from its update, ΔW = s·(A·B − A₀·B₀), if it took over a part of the weight (PiSSA). */
  readonly initial: InitialPair | null;
  /** What stands in for the frozen weight wherever the pair acts, [inFeatures, outFeatures]: rounded (LoftQ) or cut short (KaSA). */
  readonly base: tf.Tensor2D | null;
  /** False where B stays as it started (MiCA). */
  readonly trainsB: boolean;
  /** What stands between the halves, [rank]: ΔW = s·A·diag·B (KaSA). */
  readonly diagonal: tf.Variable<tf.Rank.R1> | null;

  private constructor(
    options: Pick<LoraPair, "kind" | "a" | "b" | "layout" | "initial" | "base" | "trainsB" | "diagonal">,
  ) {
    this.kind = options.kind;
    this.a = options.a;
    this.b = options.b;
    this.layout = options.layout;
    this.initial = options.initial;
    this.base = options.base;
    this.trainsB = options.trainsB;
    this.diagonal = options.diagonal;
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
    /** Default: both are matrices that files keep transposed. */
    readonly layout?: PairLayout;
    /** See `initial`; owned by the pair from now on. */
    readonly initial?: InitialPair;
    /** See `base`; owned by the pair from now on. */
    readonly base?: tf.Tensor2D;
    /** See `trainsB`. Default true. */
    readonly trainsB?: boolean;
    /** See `diagonal`; owned by the pair from now on. */
    readonly diagonal?: tf.Tensor1D | undefined;
  }): LoraPair {
    const { a, b, name, kind = "linear", trainable = true, layout = matrices } = options;
    const { initial = null, base = null, trainsB = true, diagonal } = options;
    if (a.rank !== 2 || b.rank !== 2 || a.shape[1] !== b.shape[0] * (layout.groups ?? 1) || a.shape[1] < 1)
      throw new PairShapeError(`The pair "${name}"`, a.shape, b.shape, "[inFeatures, rank] and [rank, outFeatures]");
    const prefix = kind === "embedding" ? `${name}.lora_embedding_` : `${name}.lora_`;
    const pair = new LoraPair({
      kind,
      a: tf.variable(a, trainable, `${prefix}A`),
      b: tf.variable(b, trainable && trainsB, `${prefix}B`),
      layout,
      initial: initial && kept(initial),
      base: base && tf.keep(base),
      trainsB,
      diagonal: diagonal ? tf.variable(diagonal, trainable, `${prefix}diag`) : null,
    });
    tf.dispose([a, b, diagonal]);
    return pair;
  }

  /** From PEFT's layout: A [rank, inFeatures] and B [outFeatures, rank], unless `layout` says otherwise. Throws PairShapeError. */
  static fromTorch(
    stored: TorchPair,
    options: {
      readonly name: string;
      readonly kind?: PairKind;
      readonly trainable?: boolean;
      readonly layout?: PairLayout;
      readonly initial?: InitialPair;
      readonly base?: tf.Tensor2D;
      readonly trainsB?: boolean;
      readonly diagonal?: tf.Tensor1D | undefined;
    },
  ): LoraPair {
    const { a, b } = stored;
    const { layout = matrices } = options;
    if (layout === matrices && (a.shape.length !== 2 || b.shape.length !== 2 || a.shape[0] !== b.shape[1]))
      throw new PairShapeError(
        `The pair "${options.name}"`,
        a.shape,
        b.shape,
        "[rank, inFeatures] and [outFeatures, rank]",
      );
    // What the layout returns is checked to be two matrices that belong together.
    return LoraPair.fromTensors({
      ...options,
      a: fromStored(a, layout.a) as tf.Tensor2D,
      b: fromStored(b, layout.b) as tf.Tensor2D,
    });
  }

  get inFeatures(): number {
    return this.a.shape[0] * (this.layout.blocks ?? 1);
  }

  get outFeatures(): number {
    return this.b.shape[1];
  }

  get rank(): number {
    return this.a.shape[1];
  }

  /** Number of values in both matrices, and between them. */
  get size(): number {
    return this.a.size + this.b.size + (this.diagonal?.size ?? 0);
  }

  /** What is trained: A, what stands between the halves and, unless it stays as it started, B. */
  get variables(): readonly tf.Variable[] {
    return [this.a, ...(this.trainsB ? [this.b] : []), ...(this.diagonal ? [this.diagonal] : [])];
  }

  /**
   * The matrices whose product is the update, [inFeatures, rank] and [rank, outFeatures]: blocks are spread over their
   * diagonals, and A has what stands between the halves. Call it inside a `tidy` and dispose of nothing: they may be the variables.
   */
  factors(): InitialPair {
    const { blocks = 1, groups = 1 } = this.layout;
    const a = onDiagonal(this.a, blocks);
    return { a: this.diagonal ? tf.mul(a, this.diagonal) : a, b: onDiagonal(this.b, groups) };
  }

  /**
   * A copy in PEFT's layout: A [rank, inFeatures] and B [outFeatures, rank]. It is the whole update but for what stands
   * between them: where a start is subtracted, both have twice the rank (`pissaToLora`).
   */
  async toTorch(): Promise<TorchPair> {
    const read = async ({ a, b }: InitialPair): Promise<TorchPair> => {
      const [storedA, storedB] = await Promise.all([readStored(a, this.layout.a), readStored(b, this.layout.b)]);
      return { a: storedA, b: storedB };
    };
    const trained = await read(this);
    return this.initial ? pissaToLora(trained, await read(this.initial)) : trained;
  }

  dispose(): void {
    this.a.dispose();
    this.b.dispose();
    if (this.initial) tf.dispose([this.initial.a, this.initial.b]);
    this.base?.dispose();
    this.diagonal?.dispose();
  }
}

/** A pair may be made inside a `tidy`, as variables may; its start has to outlive that too. */
function kept({ a, b }: InitialPair): InitialPair {
  return { a: tf.keep(a), b: tf.keep(b) };
}

/** `count` blocks [rows, columns/count], side by side, as a diagonal of blocks [rows · count, columns]. */
function onDiagonal(matrix: tf.Tensor2D, count: number): tf.Tensor2D {
  if (count === 1) return matrix;
  const [rows, columns] = matrix.shape;
  const sideBySide = tf.reshape(matrix, [1, rows, count, columns / count]);
  const places = tf.reshape(tf.eye(count), [count, 1, count, 1]);
  return tf.reshape(tf.mul(sideBySide, places), [rows * count, columns]);
}

/** A matrix [rows, columns] as torch stores it: [columns, rows], row by row. */
export function toTorchLayout(matrix: tf.Tensor2D): Promise<TorchMatrix> {
  return readStored(matrix, transposedLayout);
}

/** The inverse of `toTorchLayout`; the caller owns the tensor. */
export function fromTorchLayout(matrix: TorchMatrix): tf.Tensor2D {
  // Transposing a matrix gives a matrix.
  return fromStored(matrix, transposedLayout) as tf.Tensor2D;
}
