// The trainable factors of one adapted weight: A and B, and in some variants a factor between them.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";
import { matrixShapeError } from "../errors.ts";
import { layerKinds } from "../kinds/kinds.ts";
import {
  type BaseChange,
  type Factor,
  type FactorSpec,
  factorOf,
  sidesOf,
  trainedIn,
  type Update,
} from "../update/factor.ts";
import {
  type FileLayout,
  fromStored,
  readStored,
  type TorchMatrices,
  type TorchMatrix,
  transposedLayout,
} from "../update/file-layout.ts";
import { pissaToLora } from "./pissa-to-lora.ts";

/** The kind of layer. It decides the names of the variables and the initialization. */
export type LayerKindName = keyof typeof layerKinds;

/** Options of `LoraMatrices`. */
export interface LoraOptions {
  /** Prefix of the variables' names. A name can be in use only once. */
  readonly name: string;
  /** Default "linear". */
  readonly kind?: LayerKindName;
  /** Specification of each factor, one for each tensor. Default: plain A and B of the kind. */
  readonly factors?: readonly FactorSpec[];
  /** False for inference only. Default true. */
  readonly trainable?: boolean;
  /** A frozen change of the base weight; owned by the matrices from now on. Default null. */
  readonly baseChange?: BaseChange | null;
}

const optionNames: OptionNames<LoraOptions> = {
  name: true,
  kind: true,
  factors: true,
  trainable: true,
  baseChange: true,
};

/**
 * A low-rank update ΔW = s·A·B of a weight [inFeatures, outFeatures]. It owns its variables and the change of the base weight.
 *
 * @example
 * ```ts
 * import { LoraMatrices } from "@lowrank/math";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * const lora = LoraMatrices.fromTensors({ a: tf.ones([4, 2]), b: tf.zeros([2, 3]), name: "example" });
 * console.assert(lora.rank === 2);
 * lora.dispose();
 * ```
 */
export class LoraMatrices implements Update {
  readonly factors: readonly Factor[];
  readonly baseChange: BaseChange | null;

  /** Takes ownership of the tensors, the values of the factors in order. Throws MATRIX_SHAPE_MISMATCH. */
  constructor(tensors: readonly tf.Tensor[], options: LoraOptions) {
    refuseUnknownOptions("LoraMatrices", options, optionNames);
    const { name, kind, factors, trainable = true, baseChange = null } = options;
    const specs = factors ?? plainFactors(tensors, kind);
    checkFactors(tensors, specs, name);
    this.factors = specs.map((spec, index) => {
      const { part, isTrained = true } = spec;
      return factorOf(spec, tf.variable(tensors[index]!, trainable && isTrained, `${name}.${part}`));
    });
    // LoraMatrices can be made inside a `tidy`. Variables outlive it; the change of the base weight must outlive it, too.
    for (const tensor of tensorsOf(baseChange)) tf.keep(tensor);
    this.baseChange = baseChange;
    tf.dispose([...tensors]);
  }

  /**
   * Takes ownership of A [inFeatures, rank] and B [rank, outFeatures]. Variables are named `${name}.lora_A` and
   * `${name}.lora_B` (embedding: `lora_embedding_A`), and a name can be in use only once. Throws MATRIX_SHAPE_MISMATCH.
   */
  static fromTensors(given: { readonly a: tf.Tensor2D; readonly b: tf.Tensor2D } & LoraOptions): LoraMatrices {
    const { a, b, ...options } = given;
    return new LoraMatrices([a, b], options);
  }

  /** From PEFT's layout: A [rank, inFeatures] and B [outFeatures, rank]. Throws MATRIX_SHAPE_MISMATCH. */
  static fromTorch({ a, b }: TorchMatrices, options: LoraOptions): LoraMatrices {
    if (!options.factors && (a.shape.length !== 2 || b.shape.length !== 2 || a.shape[0] !== b.shape[1]))
      throw matrixShapeError(
        `Adapter "${options.name}"`,
        a.shape,
        b.shape,
        "[rank, inFeatures] and [outFeatures, rank]",
      );
    return LoraMatrices.fromStored([a, b], options);
  }

  /** From stored values, one for each factor. Throws MATRIX_SHAPE_MISMATCH. */
  static fromStored(stored: readonly TorchMatrix[], options: LoraOptions): LoraMatrices {
    const layoutOf = (index: number): FileLayout => options.factors?.[index]?.layout ?? transposedLayout;
    return new LoraMatrices(
      stored.map((values, index) => fromStored(values, layoutOf(index))),
      options,
    );
  }

  /** [inFeatures, rank]; an embedding has a row for each token, a block-diagonal A has inFeatures/blocks rows. */
  get a(): tf.Variable<tf.Rank.R2> {
    return this.factors[0]?.variable as tf.Variable<tf.Rank.R2>; // checked to be a matrix
  }

  /** [rank, outFeatures]; a grouped convolution and a block-diagonal B have rank/groups rows. */
  get b(): tf.Variable<tf.Rank.R2> {
    return this.factors.at(-1)?.variable as tf.Variable<tf.Rank.R2>; // checked to be a matrix
  }

  get inFeatures(): number {
    return sidesOf(this.factors[0]!, this.a.shape).rows;
  }

  get outFeatures(): number {
    return this.b.shape[1];
  }

  get rank(): number {
    return this.a.shape[1];
  }

  /** Number of values in all factors. */
  get size(): number {
    return this.factors.reduce((sum, { variable }) => sum + variable.size, 0);
  }

  /** The trained variables, in the order of the factors. */
  get variables(): readonly tf.Variable[] {
    return trainedIn(this);
  }

  /**
   * A copy of A [rank, inFeatures] and B [outFeatures, rank] in PEFT's layout, without the factors between them. If initial values are
   * subtracted, both have twice the rank (`pissaToLora`).
   */
  async toTorch(): Promise<TorchMatrices> {
    const [first, last] = [this.factors[0]!, this.factors.at(-1)!];
    const read = async (a: tf.Tensor, b: tf.Tensor): Promise<TorchMatrices> => {
      const [storedA, storedB] = await Promise.all([readStored(a, first.layout), readStored(b, last.layout)]);
      return { a: storedA, b: storedB };
    };
    const trained = await read(this.a, this.b);
    const { baseChange } = this;
    return baseChange?.kind === "subtracted" ? pissaToLora(trained, await read(baseChange.a, baseChange.b)) : trained;
  }

  dispose(): void {
    for (const { variable } of this.factors) variable.dispose();
    tf.dispose(tensorsOf(this.baseChange));
  }
}

/** Specifications of plain A [inFeatures, rank] and B [rank, outFeatures]. */
function plainFactors([a, b]: readonly tf.Tensor[], kind: LayerKindName = "linear"): readonly FactorSpec[] {
  const [inFeatures = 0, rank = 0] = a?.shape ?? [];
  return layerKinds[kind].specs({ inFeatures, outFeatures: b?.shape[1] ?? 0 }, rank);
}

/** Checks that each factor has as many rows as the one before it has columns, and that the first and the last are matrices. */
function checkFactors(tensors: readonly tf.Tensor[], specs: readonly FactorSpec[], name: string): void {
  const [a, b] = [tensors[0]!, tensors.at(-1)!];
  const sides = specs.map((spec, index) => sidesOf(spec, tensors[index]!.shape));
  const fits = sides.every(({ rows }, index) => rows > 0 && (index === 0 || rows === sides[index - 1]!.columns));
  if (a.rank !== 2 || b.rank !== 2 || !fits)
    throw matrixShapeError(`Adapter "${name}"`, a.shape, b.shape, "[inFeatures, rank] and [rank, outFeatures]");
}

function tensorsOf(baseChange: BaseChange | null): tf.Tensor[] {
  if (baseChange === null) return [];
  return baseChange.kind === "subtracted" ? [baseChange.a, baseChange.b] : [baseChange.weight];
}
