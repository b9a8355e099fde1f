// Cross-entropy straight from hidden states and a frozen output head. Logits exist only for a few rows at a time, and their gradient
// is converted to that of the hidden states at once (Hsu et al. 2024, "Liger Kernel"). Otherwise, with a vocabulary of 50 000, they
// and their gradient would be the largest tensors of the whole step.

import * as tf from "@tensorflow/tfjs-core";
import { currentBackend } from "../../engines/backends.ts";
import { ArgumentError } from "../../errors.ts";
import type { FrozenWeight } from "../../frozen-weight.ts";
import { attributesOfHead } from "../../kernels/borrowed-head.ts";
import { hasCustomKernel, runCustomKernel } from "../../kernels/custom-kernel.ts";
import { requireAlive } from "../../kernels/require-alive.ts";
import { checkLastAxis, checkVector } from "../../rows.ts";
import { withGradients } from "../../tape/with-gradients.ts";
import { checkLabels } from "./check-labels.ts";
import { checkRows, logitGradient, type Reduction, rowLosses, rowWeights } from "./cross-entropy.ts";

/** Settings of `linearCrossEntropy`. */
export interface LinearCrossEntropyOptions {
  /** Rows whose logits exist at one time. Default: enough rows for about four million logits. */
  readonly chunkRows?: number;
  /** Default "mean" over the rows that count. */
  readonly reduction?: Reduction;
  /** Added to the logits; not differentiated. [outFeatures] */
  readonly bias?: tf.Tensor;
  /** A smooth bound: the loss is that of cap·tanh(logits / cap) (Gemma 2). */
  readonly cap?: number;
}

const defaultChunkLogits = 4_000_000;

/**
 * Mean (or sum) of −log softmax(hidden·head + bias)[label] over the rows whose label is not negative; a scalar. With the reduction
 * "none", one loss for each row, [rows], 0 if it does not count.
 *
 * hidden [rows, features], head [features, classes], int32 labels [rows]. Differentiable for hidden, once. Throws
 * SHAPE_MISMATCH, ArgumentError, and LabelError for a label that is not a class. On webgl and webgpu, where checking labels would
 * stall the GPU, such a label makes the loss NaN.
 *
 * @example
 * ```ts
 * import { FrozenWeight, linearCrossEntropy } from "@lowrank/engine";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * const head = FrozenWeight.from(tf.zeros([8, 4]));
 * const loss = linearCrossEntropy(tf.ones([2, 8]), head, tf.tensor1d([0, 3], "int32")); // log 4
 * ```
 */
export function linearCrossEntropy(
  hidden: tf.Tensor2D,
  head: FrozenWeight,
  labels: tf.Tensor1D,
  options?: LinearCrossEntropyOptions & { readonly reduction?: "mean" | "sum" },
): tf.Scalar;
export function linearCrossEntropy(
  hidden: tf.Tensor2D,
  head: FrozenWeight,
  labels: tf.Tensor1D,
  options: LinearCrossEntropyOptions & { readonly reduction: "none" },
): tf.Tensor1D;
export function linearCrossEntropy(
  hidden: tf.Tensor2D,
  head: FrozenWeight,
  labels: tf.Tensor1D,
  options: LinearCrossEntropyOptions = {},
): tf.Tensor {
  checkRows("linearCrossEntropy", hidden, labels);
  checkLastAxis("linearCrossEntropy", hidden, head.inFeatures);
  if (options.bias !== undefined) checkVector("linearCrossEntropy's bias", options.bias, head.outFeatures);
  requireAlive({ bias: options.bias });
  checkLabels("linearCrossEntropy", labels, head.outFeatures);
  const chunkRows = options.chunkRows ?? Math.max(1, Math.floor(defaultChunkLogits / head.outFeatures));
  if (!Number.isInteger(chunkRows) || chunkRows < 1)
    throw new ArgumentError("linearCrossEntropy", "chunkRows", chunkRows, "a positive integer");
  if (options.cap !== undefined && !(options.cap > 0 && Number.isFinite(options.cap)))
    throw new ArgumentError("linearCrossEntropy", "cap", options.cap, "a positive number");
  const isDifferentiated = tf.engine().isTapeOn();
  const isByRow = options.reduction === "none";
  return tf.tidy(() => {
    const value = withGradients({
      inputs: { hidden },
      forward: () => {
        const { losses, gradient } = rowsInChunks(hidden, head, labels, { ...options, chunkRows, isDifferentiated });
        return { value: isByRow ? losses : tf.sum(losses), saved: [gradient] };
      },
      // A row's loss depends on this row alone.
      backward: (dy, [gradient]) => ({ hidden: () => tf.mul(gradient, isByRow ? tf.expandDims(dy, 1) : dy) }),
    });
    return isByRow ? value : tf.reshape<tf.Rank.R0>(value, []);
  });
}

interface ChunkOptions extends LinearCrossEntropyOptions {
  readonly chunkRows: number;
  readonly isDifferentiated: boolean;
}

/** Weighted losses [rows], and the gradient of their sum. */
function rowsInChunks(
  hidden: tf.Tensor2D,
  head: FrozenWeight,
  labels: tf.Tensor1D,
  options: ChunkOptions,
): { losses: tf.Tensor; gradient: tf.Tensor } {
  const weights = rowWeights(labels, { reduction: options.reduction ?? "mean", classes: head.outFeatures });
  const fused = fusedLosses(hidden, head, labels, options);
  if (fused !== undefined) {
    const [losses, unweighted] = fused;
    const gradient = unweighted === undefined ? tf.scalar(0) : tf.mul(unweighted, tf.expandDims(weights, 1));
    return { losses: tf.mul(losses, weights), gradient };
  }
  const [rows, features] = hidden.shape;
  const losses: tf.Tensor[] = [];
  const gradients: tf.Tensor[] = [];
  for (let start = 0; start < rows; start += options.chunkRows) {
    const size = Math.min(options.chunkRows, rows - start);
    const [loss, ...gradient] = tf.tidy((): tf.Tensor[] => {
      const product = head.multiply(tf.slice(hidden, [start, 0], [size, features])); // [size, classes]
      const biased = options.bias === undefined ? product : tf.add<tf.Tensor2D>(product, options.bias);
      const logits =
        options.cap === undefined ? biased : tf.mul<tf.Tensor2D>(tf.tanh(tf.div(biased, options.cap)), options.cap);
      const chunkLabels = tf.slice(labels, start, size);
      const chunkWeights = tf.slice(weights, start, size);
      const loss = tf.mul(rowLosses(logits, chunkLabels), chunkWeights);
      if (!options.isDifferentiated) return [loss];
      const grad = logitGradient(logits, chunkLabels, chunkWeights);
      return [loss, head.multiplyTransposed(beforeCap(grad, logits, options.cap))];
    });
    if (loss !== undefined) losses.push(loss);
    gradients.push(...gradient);
  }
  const gradient = gradients.length === 0 ? tf.zeros([0, features]) : tf.concat(gradients, 0);
  return { losses: losses.length === 0 ? tf.zeros([0]) : tf.concat(losses, 0), gradient };
}

/** From the gradient of bounded logits to that of the logits themselves: tanh′ = 1 − tanh². */
function beforeCap(grad: tf.Tensor2D, bounded: tf.Tensor2D, cap: number | undefined): tf.Tensor2D {
  if (cap === undefined) return grad;
  return tf.tidy(() => tf.mul<tf.Tensor2D>(grad, tf.sub(1, tf.square(tf.div(bounded, cap)))));
}

/** By the backend's fused kernel, if it has one that can read the head: losses and their gradients. */
function fusedLosses(
  hidden: tf.Tensor2D,
  head: FrozenWeight,
  labels: tf.Tensor1D,
  { bias, cap, isDifferentiated, reduction }: ChunkOptions,
): readonly [tf.Tensor, tf.Tensor?] | undefined {
  const { stored, packed } = head;
  // A graphics processor reads nothing of the host's.
  const read = currentBackend()?.memory === "gpu" ? undefined : head.readRows;
  if (cap !== undefined || (!stored?.isTransposed && read === undefined && packed === undefined)) return undefined;
  const inputs = {
    hidden,
    labels,
    ...(stored === undefined ? {} : { head: stored.matrix }),
    ...(bias === undefined ? {} : { bias }),
  };
  if (!hasCustomKernel("LowrankHeadLoss", inputs)) return undefined;
  // Losses by row are compared with those of another computation: rounding would show as a difference.
  const roundedFor = isDifferentiated && reduction !== "none" && head.roundsLogits() ? head : undefined;
  const sizes = { classes: head.outFeatures, features: head.inFeatures };
  const headAttributes = attributesOfHead({ ...sizes, read, packed, roundedFor });
  const [losses, gradient] = runCustomKernel("LowrankHeadLoss", inputs, { isDifferentiated, ...headAttributes }) ?? [];
  if (losses === undefined) return undefined;
  return gradient === undefined ? [losses] : [losses, gradient];
}
