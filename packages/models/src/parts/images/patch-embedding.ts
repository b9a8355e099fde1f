// From pixels to the first hidden states: each patch of an image becomes one state, learned states are put in front of them,
// and positions are added (Dosovitskiy et al. 2021).

import type { ForwardContext } from "@lowrank/contracts";
import type { ConvolutionSite, ParameterSlot } from "@lowrank/engine/hook-points";
import { computeByRows } from "@lowrank/engine/hook-points/internal";
import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../../errors.ts";
import type { Pass } from "../pass.ts";
import { type Resampling, resampleGrid } from "./resample-grid.ts";

export interface PatchEmbeddingOptions {
  readonly projection: ConvolutionSite;
  /** Learned states in front of the patches, [1, 1, width] each. */
  readonly fronts: readonly ParameterSlot[];
  /** [1, fronts + patches, width] */
  readonly positions: ParameterSlot;
  /** Learned states without a position, after the first learned state: [1, registers, width]. */
  readonly registers?: ParameterSlot | undefined;
  /** How positions are resampled for images of another size; absent if a model reads only one size. */
  readonly resampling?: Resampling;
  /** Rate of dropout while training. */
  readonly dropout: number;
}

/** Returns [batch, fronts + registers + patches, width]. */
export function patchEmbedding(options: PatchEmbeddingOptions): (pass: Pass) => tf.Tensor {
  const { projection, fronts, positions, registers, dropout } = options;
  const hookPoints = [...fronts, positions, ...(registers === undefined ? [] : [registers])];
  return (pass) =>
    tf.tidy(() => {
      const { context } = pass;
      const pixels = pixelsOf(pass);
      const patches = projectPatches(projection, pass);
      const embed = (rows: tf.Tensor, context: ForwardContext) => embedPatches(rows, pixels, { options, context });
      return pass.drop(
        computeByRows({ x: patches, context, path: "embeddings", hookPoints }, embed),
        dropout,
        "embedding",
      );
    });
}

/** [batch, channels, height, width]. Throws MODEL_INPUT if there are none. */
export function pixelsOf({ inputs: { pixelValues } }: Pass): tf.Tensor4D {
  if (pixelValues === undefined) throw modelInputError("pixelValues", "this model reads images");
  return pixelValues;
}

/** [batch, patchRows, patchColumns, width] */
export function projectPatches(projection: ConvolutionSite, pass: Pass): tf.Tensor {
  return projection.forward(tf.transpose(pixelsOf(pass), [0, 2, 3, 1]), pass.context);
}

function embedPatches(
  patches: tf.Tensor,
  pixels: tf.Tensor4D,
  { options, context }: { readonly options: PatchEmbeddingOptions; readonly context: ForwardContext },
): tf.Tensor {
  const { fronts, registers } = options;
  const [batch = 0, rows = 0, columns = 0, width = 0] = patches.shape;
  const repeated = (slot: ParameterSlot) => tf.tile(slot.value(context), [batch, 1, 1]);
  const sequence = tf.concat([...fronts.map(repeated), tf.reshape(patches, [batch, rows * columns, width])], 1);
  const embedded = tf.add(sequence, positionsFor({ rows, columns }, pixels, { options, context }));
  if (registers === undefined) return embedded;
  const [first, others] = tf.split(embedded, [1, fronts.length - 1 + rows * columns], 1);
  // Two sizes give two tensors.
  return tf.concat([first as tf.Tensor, repeated(registers), others as tf.Tensor], 1);
}

/** As they were learned for square images of the model's size, else stretched: [1, fronts + patches, width]. */
function positionsFor(
  to: { readonly rows: number; readonly columns: number },
  pixels: tf.Tensor4D,
  { options, context }: { readonly options: PatchEmbeddingOptions; readonly context: ForwardContext },
): tf.Tensor {
  const { fronts, positions, resampling } = options;
  const learned = positions.value(context);
  const [, learnedCount = 0, width = 0] = learned.shape;
  const count = learnedCount - fronts.length;
  const [, , height, across] = pixels.shape;
  if (resampling === undefined || (count === to.rows * to.columns && height === across)) return learned;
  const side = Math.floor(Math.sqrt(count));
  if (side * side !== count) {
    const message = `positions for ${count} patches, not a square number, cannot be interpolated to ${height} × ${across} pixels`;
    throw modelInputError("pixelValues", message);
  }
  const [ahead, grid] = tf.split(learned, [fronts.length, count], 1);
  const from = { rows: side, columns: side };
  // Two sizes give two tensors.
  const stretched = resampleGrid(tf.reshape(grid as tf.Tensor, [count, width]), { from, to }, resampling);
  return tf.concat([ahead as tf.Tensor, tf.reshape(stretched, [1, to.rows * to.columns, width])], 1);
}
