// The input of one forward pass: tokens, an image or audio, their positions, and masks.

import type * as tf from "@tensorflow/tfjs-core";
import type { KeyValueCache } from "./cache/key-value-cache.ts";
import type { Grid } from "./images/resample-grid.ts";
import type { RowGroup } from "./packing/plan-packing.ts";

/** Tokens that see each other, also later ones: each run of neighbouring members of a row is a block. */
export interface TokenBlocks {
  /** For each of batch·time tokens. */
  readonly isMember: readonly boolean[];
  /** Whether a window also hides tokens of a query's own block; if not, blocks begin with their row. */
  readonly isWindowed: boolean;
}

export interface PassInputs {
  /** int32 [batch, time]; absent for images and audio. */
  readonly inputIds?: tf.Tensor2D;
  /** [batch, time] if there are no ids: for tokens of a batch without padding, or for audio. */
  readonly shape?: readonly [batch: number, time: number];
  /** float32 [batch, channels, height, width] */
  readonly pixelValues?: tf.Tensor4D;
  /** float32 [batch, melBins, frames] */
  readonly inputFeatures?: tf.Tensor3D;
  /** One row of positions for all sequences, or one for each: [batch or 1][time]. */
  readonly positions: readonly (readonly number[])[];
  /** If tokens have a row and a column in an image: the rows, then the columns, both as `positions`. */
  readonly places?: readonly PassInputs["positions"][];
  /** For an encoder of images of any size: rows and columns of squares of patches of each image. */
  readonly grids?: readonly Grid[];
  /** [batch, past + time]; 0 hides a key. */
  readonly attentionMask?: tf.Tensor2D;
  /** int32 [batch, time] */
  readonly tokenTypeIds?: tf.Tensor2D;
  /** In multiple choice, how many neighbouring rows are the choices of one question: batch counts them all. */
  readonly choices?: number;
  readonly cache?: KeyValueCache;
  readonly causal: boolean;
  /** In a causal model: blocks of tokens that see each other. */
  readonly blocks?: TokenBlocks;
  /** In a decoder's pass: its encoder's mask, [batch, sourceTime]. */
  readonly sourceMask?: tf.Tensor2D;
  /** In a batch without padding, in which every token is a row of its own: which neighbours see each other. */
  readonly groups?: readonly RowGroup[];
  /** If rows of such a batch share tokens: the token's index for each position in the groups. */
  readonly shared?: readonly number[];
}
