// Which state of DeBERTa's distances a pair of tokens has (transformers' modeling_deberta_v2.py, make_log_bucket_position):
// near ones have each their own, far ones share them, the more the farther.

export interface DistanceBuckets {
  /** Half of the table's rows. */
  readonly buckets: number;
  /** The distance at which the last bucket begins, and one. */
  readonly farthest: number;
}

/**
 * The row for a query `distance` places after its key, before it where negative.
 *
 * Rounded to float32 after each step, as torch does: a distance on the border of two buckets falls on the same side.
 */
export function distanceBucket(distance: number, { buckets, farthest }: DistanceBuckets): number {
  const { fround, log } = Math;
  const exact = Math.floor(buckets / 2);
  const far = Math.abs(distance);
  if (far <= exact) return distance + buckets;
  const share = fround(fround(log(fround(far / exact))) / fround(log(fround((farthest - 1) / exact))));
  const bucket = Math.sign(distance) * (Math.ceil(fround(share * (exact - 1))) + exact);
  return Math.min(Math.max(bucket + buckets, 0), 2 * buckets - 1);
}
