// From integers to tensors: the last step before a model.

import * as tf from "@tensorflow/tfjs-core";
import type { Grid } from "../parts/images/resample-grid.ts";
import type { LabelledInputs } from "./model-inputs.ts";

/** A rectangle of token ids, as `@lowrank/data` makes them. */
export interface IntegerBatch {
  readonly rows: number;
  readonly time: number;
  /** [rows · time] */
  readonly inputIds: Int32Array;
  /** [rows · time], 1 on tokens and 0 on padding. */
  readonly attentionMask: Int32Array;
  /** [rows · time] */
  readonly tokenTypeIds?: Int32Array;
  /** Floats for regression and multi-label rows. */
  readonly labels: Int32Array | Float32Array;
  /** [rows, time], [rows] for one class a row, or [rows, outputs]. */
  readonly labelShape: readonly number[];
  /** Audio features, read instead of ids. */
  readonly features?: Float32Array;
  /** [rows, melBins, frames] */
  readonly featureShape?: readonly [number, number, number];
  /** Pixels, read instead of ids. */
  readonly pixels?: Float32Array;
  /** [rows, channels, height, width] */
  readonly pixelShape?: readonly [number, number, number, number];
  /** The pixels of the images that texts show, in the order of their tokens. */
  readonly images?: Float32Array;
  /** [images, channels, height, width] */
  readonly imageShape?: readonly [number, number, number, number];
  /** Rows and columns of each image's squares, if images have any size. */
  readonly imageGrids?: readonly Grid[];
}

/** The result of `batchTensors`; the caller disposes of the tensors. */
export interface BatchTensors extends LabelledInputs {
  readonly inputIds?: tf.Tensor2D;
  readonly attentionMask?: tf.Tensor2D;
}

/**
 * Makes a model's inputs, int32 [batch, time], from a batch of integers. Call it inside a tidy, or dispose of each.
 *
 * @example
 * ```ts
 * import { batchTensors } from "@lowrank/models";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * const ids = Int32Array.of(5, 6, 7);
 * const batch = { rows: 1, time: 3, inputIds: ids, attentionMask: Int32Array.of(1, 1, 1), labels: ids, labelShape: [1, 3] };
 * const shape = tf.tidy(() => batchTensors(batch).inputIds?.shape);
 * if (String(shape) !== "1,3") throw new Error("unexpected shape");
 * ```
 */
export function batchTensors(batch: IntegerBatch): BatchTensors {
  const labels = tf.tensor(
    batch.labels,
    [...batch.labelShape],
    batch.labels instanceof Int32Array ? "int32" : "float32",
  );
  const { features, featureShape } = batch;
  if (features !== undefined && featureShape !== undefined) {
    return { inputFeatures: tf.tensor3d(features, [...featureShape]), labels };
  }
  const { pixels, pixelShape, images, imageShape, imageGrids } = batch;
  if (pixels !== undefined && pixelShape !== undefined) {
    return { pixelValues: tf.tensor4d(pixels, [...pixelShape]), labels };
  }
  const grid = (values: Int32Array) => tf.tensor2d(values, [batch.rows, batch.time], "int32");
  return {
    inputIds: grid(batch.inputIds),
    attentionMask: grid(batch.attentionMask),
    ...(batch.tokenTypeIds === undefined ? {} : { tokenTypeIds: grid(batch.tokenTypeIds) }),
    ...(images === undefined || imageShape === undefined ? {} : { pixelValues: tf.tensor4d(images, [...imageShape]) }),
    ...(imageGrids && { imageGrids }),
    labels,
  };
}
