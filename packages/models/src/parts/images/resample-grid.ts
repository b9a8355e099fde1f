// Learned positions for the patches of one image size, resampled for another size like torch's `interpolate` with mode
// "bicubic": by cubic curves through the four nearest (Keys 1981), or, if the grid shrinks and `antialiased` is set, through
// all positions that a new one covers.

import * as tf from "@tensorflow/tfjs-core";

export interface Grid {
  readonly rows: number;
  readonly columns: number;
}

export type Resampling = "bicubic" | "antialiased";

/** values [from.rows·from.columns, width] → [to.rows·to.columns, width] */
export function resampleGrid(
  values: tf.Tensor2D,
  { from, to }: { from: Grid; to: Grid },
  kind: Resampling,
): tf.Tensor2D {
  return tf.tidy(() => {
    const down = sharesOf(from.rows, to.rows, kind);
    const across = sharesOf(from.columns, to.columns, kind);
    const shares = down.flatMap((row) =>
      across.flatMap((column) => row.flatMap((rowShare) => column.map((columnShare) => rowShare * columnShare))),
    );
    return tf.matMul(tf.tensor2d(shares, [to.rows * to.columns, from.rows * from.columns]), values);
  });
}

/** For each new position along one axis, the weight of each old one: [to][from]. */
function sharesOf(from: number, to: number, kind: Resampling): readonly (readonly number[])[] {
  const step = from / to;
  return Array.from({ length: to }, (_, position) => {
    const center = (position + 0.5) * step;
    return kind === "bicubic" ? bicubicShares(center, from) : antialiasedShares(center, from, Math.max(step, 1));
  });
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
