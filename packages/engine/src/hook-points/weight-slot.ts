// A slot for one tensor of a file. A model is first built without tensors. Its slots then list what the files must contain,
// so that everything is checked before anything is read.

import type { ForwardContext } from "@lowrank/contracts";
import type { ParameterRef } from "@lowrank/contracts/internal";
import type * as tf from "@tensorflow/tfjs-core";
import type { Int8Matrix } from "../packed/int8-matrix.ts";
import type { PackedMatrix } from "../packed/packed-matrix.ts";
import type { NewRows } from "./new-rows.ts";

/** The initial value of a parameter that no file has (transformers' `_init_weights`), or a function that makes it. */
export type InitialValue = "normal" | "zeros" | "ones" | (() => tf.Tensor);

/** The path of one tensor in a file, and its expected shape. */
export interface WeightSlot {
  /** transformers' parameter path: "model.layers.0.self_attn.q_proj.weight". */
  readonly path: string;
  /** As a safetensors file stores it. */
  readonly shape: readonly number[];
  readonly initial: InitialValue;
  /** True if a file may lack the tensor. It then begins as `initial` and does not count as new. */
  readonly isOptional?: boolean;
  /** Takes ownership of the tensor. Called once. */
  fill(tensor: tf.Tensor): void;
  /** For a matrix that may stay packed. */
  readonly packing?: SlotPacking;
}

/** How a slot is filled with a matrix in a lower precision than float32, instead of by `fill`; it takes ownership. */
type SlotPacking =
  /** Linear layers of the body may be rounded to 4 or 8 bits. */
  | {
      readonly kind: "body";
      /** Whether the rows of the file's matrix are outputs ("out-in", torch's way) or inputs. */
      readonly layout: "out-in" | "in-out";
      fill(matrix: PackedMatrix | Int8Matrix): void;
    }
  /** Tables and heads would suffer from it. */
  | {
      readonly kind: "table-or-head";
      fill(matrix: PackedMatrix): void;
      /** Once filled: lets the loss of a training step make its logits in 8 bits. */
      roundLogits(): void;
    };

/** A piece of a model with weights of its own: a site, a norm, a bias. */
export interface Part {
  /** In torch's order: weight, bias. Empty if another part owns the tensor. */
  readonly slots: readonly WeightSlot[];
  /** Available once every slot is filled. */
  parameters(): readonly ParameterRef[];
  /**
   * Instead of filling the slots: uses the weights that `original`, a part of the same kind and sizes, uses now. They are shared, and
   * freed with the last part that has them. Throws TypeError for another kind of part.
   */
  shareFrom(original: Part): void;
  /**
   * Like `shareFrom`, for a part with more or fewer tokens than `original`: it then has its own weights, with new rows for the tokens
   * that `original` lacks. Absent if a part's sizes never depend on the vocabulary. Throws ArgumentError for weights in blocks of 4 or
   * 8 bits.
   */
  resizeFrom?(original: Part, newRows: NewRows): void;
  /** Whether an adapter is attached here, or a merge replaced a weight. */
  readonly isChanged: boolean;
  /** Whether this call uses anything other than the frozen base here. */
  isAdapted(context: ForwardContext): boolean;
  /** Everything trainable that this call computes with here, so that a recomputed block can be differentiated for it. */
  variables(context: ForwardContext): readonly tf.Variable[];
  dispose(): void;
}

/** The original, which must be of the same class. Throws TypeError. */
export function sameKind<P extends Part>(original: Part, kind: abstract new (...parameters: never) => P): P {
  if (original instanceof kind) return original;
  throw new TypeError(`Weights of another kind of part cannot be shared with a ${kind.name}.`);
}
