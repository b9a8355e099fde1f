// Learned positions for the patches of one image size, resampled for another size like torch's `interpolate`: with mode "bicubic" by
// cubic curves through the four nearest (Keys 1981), or, if the grid shrinks and `antialiased` is set, through all positions that a
// new one covers; with mode "bilinear" and `align_corners` between the two nearest. Rows and columns one after the other.

import * as tf from "@tensorflow/tfjs-core";

export interface Grid {
  readonly rows: number;
  readonly columns: number;
}

export type Resampling = "bicubic" | "antialiased" | "bilinear";

/** values [from.rows·from.columns, width] → [to.rows·to.columns, width] */
export function resampleGrid(
  values: tf.Tensor2D,
  { from, to }: { from: Grid; to: Grid },
  kind: Resampling,
): tf.Tensor2D {
  return tf.tidy(() => {
    const rows = resampleAxis(tf.reshape(values, [from.rows, from.columns, -1]), to.rows, kind);
    const columns = resampleAxis(tf.transpose(rows, [1, 0, 2]), to.columns, kind); // [to.columns, to.rows, width]
    return tf.reshape(tf.transpose(columns, [1, 0, 2]), [to.rows * to.columns, -1]);
  });
}

/** values [from, others, width] → [to, others, width] */
function resampleAxis(values: tf.Tensor, to: number, kind: Resampling): tf.Tensor {
  const [from = 0, others = 0, width = 0] = values.shape;
  const shares = tf.tensor2d(sharesOf(from, to, kind).flat(), [to, from]);
  return tf.reshape(tf.matMul(shares, tf.reshape<tf.Rank.R2>(values, [from, others * width])), [to, others, width]);
}

/** For each new position along one axis, the weight of each old one: [to][from]. */
function sharesOf(from: number, to: number, kind: Resampling): readonly (readonly number[])[] {
  const step = from / to;
  return Array.from({ length: to }, (_, position) => {
    if (kind === "bilinear") return bilinearShares((position * (from - 1)) / Math.max(to - 1, 1), from);
    const center = (position + 0.5) * step;
    return kind === "bicubic" ? bicubicShares(center, from) : antialiasedShares(center, from, Math.max(step, 1));
  });
}

/** The weights of the two nearest positions; the first and last one stay where they are. */
function bilinearShares(place: number, from: number): readonly number[] {
  return Array.from({ length: from }, (_, position) => Math.max(0, 1 - Math.abs(place - position)));
}

/** The weights of the four nearest positions. Beyond the border, the last value is repeated. */
function bicubicShares(center: number, from: number): readonly number[] {
  const shares: number[] = Array(from).fill(0);
  const first = Math.floor(center - 0.5) - 1;
  for (let position = first; position < first + 4; position++) {
    const nearest = Math.min(Math.max(position, 0), from - 1);
    shares[nearest] = (shares[nearest] ?? 0) + cubic(position + 0.5 - center, -0.75);
  }
  return shares;
}

/** The weights of all covered positions. There are none beyond the border, so that the others count more. */
function antialiasedShares(center: number, from: number, stretch: number): readonly number[] {
  const first = Math.max(Math.trunc(center - 2 * stretch + 0.5), 0);
  const end = Math.min(Math.trunc(center + 2 * stretch + 0.5), from);
  const weights = Array.from({ length: from }, (_, position) =>
    position < first || position >= end ? 0 : cubic((position + 0.5 - center) / stretch, -0.5),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** The curve's height at a distance; `slope` is its slope at distance 1. */
function cubic(distance: number, slope: number): number {
  const x = Math.abs(distance);
  if (x < 1) return ((slope + 2) * x - (slope + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * slope : 0;
}
