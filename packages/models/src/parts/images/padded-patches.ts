// Swin's first states: patches without anything in front of them, normalized; an image is filled up to whole patches.

import type { ForwardContext } from "@lowrank/contracts";
import type { ConvolutionSite, ParameterSlot } from "@lowrank/engine/hook-points";
import { computeByRows } from "@lowrank/engine/hook-points/internal";
import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../../errors.ts";
import type { Norm } from "../norm.ts";
import type { Pass } from "../pass.ts";
import { pixelsOf } from "./patch-embedding.ts";

export interface PaddedPatchesOptions {
  readonly projection: ConvolutionSite;
  readonly norm: Norm;
  /** [1, patches, width], for images of one size. */
  readonly positions?: ParameterSlot | undefined;
  /** Rate of dropout while training. */
  readonly dropout: number;
}

/** Returns [batch, patches, width]. */
export function paddedPatches({
  projection,
  norm,
  positions,
  dropout,
}: PaddedPatchesOptions): (pass: Pass) => tf.Tensor {
  const [down, across] = projection.geometry.strides;
  return (pass) =>
    tf.tidy(() => {
      const { context } = pass;
      const pixels = tf.transpose(pixelsOf(pass), [0, 2, 3, 1]); // [batch, height, width, channels]
      const [batch = 0, height = 0, width = 0] = pixels.shape;
      const [below, right] = [missing(height, down), missing(width, across)];
      const padded =
        below + right === 0
          ? pixels
          : tf.pad(pixels, [
              [0, 0],
              [0, below],
              [0, right],
              [0, 0],
            ]);
      const patches = projection.forward(padded, context);
      const states = norm.forward(tf.reshape(patches, [batch, -1, projection.outFeatures]), context);
      const embedded = positions === undefined ? states : withPositions(states, positions, context);
      return pass.drop(embedded, dropout, "embedding");
    });
}

function missing(length: number, patch: number): number {
  return (patch - (length % patch)) % patch;
}

function withPositions(states: tf.Tensor, positions: ParameterSlot, context: ForwardContext): tf.Tensor {
  const [, max = 0] = positions.shape;
  const [, patches = 0] = states.shape;
  if (patches !== max) {
    throw modelInputError("pixelValues", `the image has ${patches} patches, but the model has positions for ${max}`);
  }
  const call = { x: states, context, path: positions.path, hookPoints: [positions] };
  return computeByRows(call, (rows, rowContext) => tf.add(rows, positions.value(rowContext)));
}
