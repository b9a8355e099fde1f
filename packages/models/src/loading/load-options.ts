// The options of loading, for every kind of file.

import type { WarningListener } from "@lowrank/contracts";
import type { Task } from "@lowrank/contracts/families";
import type { ProblemType } from "@lowrank/contracts/families/internal";
import type { OptionNames } from "@lowrank/contracts/internal";
import type { BasePrecision } from "./base-precision.ts";
import type { WeightsInFiles } from "./weights-in-files.ts";

/** How a model is to be loaded. */
export interface LoadOptions {
  /** The head; default: the one that config.json's `architectures` names. */
  readonly task?: Task;
  /** Classes of a classifier, if config.json does not have them. */
  readonly numLabels?: number;
  /** The kind of a classifier's labels, if config.json does not have it; it determines the loss. */
  readonly problemType?: ProblemType;
  /** Allows a classifier that the files lack, or hold for another number of classes, to be made new from a seed. */
  readonly newHead?: { readonly seed: number };
  /**
   * The precision of the base's matrices: "float32" (default), "as-stored", "nf4" (QLoRA), "bf16" or "int8". Lower precisions take less
   * memory and more time, because each product decodes its matrix. "bf16" on tfjs-node and "int8" on native are faster than float32
   * if the processor multiplies such numbers; `onWarning` is called if "int8" is not.
   */
  readonly basePrecision?: BasePrecision;
  /**
   * Leaves matrices, convolutions and stacks of experts in their files, which stay open: the model can be adapted and merged,
   * and computes nothing. Not together with `basePrecision`.
   */
  readonly leftIn?: WeightsInFiles;
  /**
   * Maximum bytes of the weights. A larger model is refused before any of it is allocated. Without this option, only tensors that are
   * too large for TensorFlow.js are refused. In Node, `os.totalmem()` is the machine's memory.
   */
  readonly maxBytes?: number;
  readonly onWarning?: WarningListener;
  /** After each tensor. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Stops between tensors; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export const loadOptionNames: OptionNames<LoadOptions> = {
  task: true,
  numLabels: true,
  problemType: true,
  newHead: true,
  basePrecision: true,
  leftIn: true,
  maxBytes: true,
  onWarning: true,
  onProgress: true,
  signal: true,
};
