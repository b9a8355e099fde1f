// DeBERTa's attention (He et al. 2021): besides query·key, a score has a term of the query and the distance to the key, and
// a term of the key and the distance to the query. Distances have states of their own; far ones share them.

import { embeddingLookup } from "@lowrank/engine";
import type { EmbeddingSite, LinearSite } from "@lowrank/engine/hook-points";
import { joinHeads, maskedScore, splitHeads } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { Norm } from "../norm.ts";
import type { Layer, Pass } from "../pass.ts";

export interface DistanceStates extends DistanceBuckets {
  /** Two rows a bucket: keys after the query, then keys before it. */
  readonly table: EmbeddingSite;
  readonly norm: Norm;
  /** Rate of dropout on the states, with a new draw in each layer. */
  readonly dropout: number;
}

export interface DisentangledOptions {
  readonly query: LinearSite;
  readonly key: LinearSite;
  readonly value: LinearSite;
  readonly output: LinearSite;
  readonly heads: number;
  readonly distances: DistanceStates;
  /** Rate of dropout on the attention weights while training. */
  readonly dropout: number;
}

/** Every position sees every other; the projections of queries and keys also make those of distances. */
export function disentangledAttention(options: DisentangledOptions): Layer {
  const { query, key, value, output, heads } = options;
  return (hidden, pass) =>
    tf.tidy(() => {
      const { context } = pass;
      const [q, k, v] = [query, key, value].map((site) => splitHeads(site.forward(hidden, context), heads));
      // Three sites give three tensors, [batch, heads, time, headSize].
      const mixed = attend({ query: q as tf.Tensor, key: k as tf.Tensor, value: v as tf.Tensor }, options, pass);
      return output.forward(joinHeads(mixed), context);
    });
}

interface Heads {
  readonly query: tf.Tensor;
  readonly key: tf.Tensor;
  readonly value: tf.Tensor;
}

function attend({ query, key, value }: Heads, options: DisentangledOptions, pass: Pass): tf.Tensor {
  // Three terms of equal size.
  const scale = 1 / Math.sqrt(3 * (query.shape[3] ?? 1));
  const scaledQuery = tf.mul(query, scale);
  const scaledKey = tf.mul(key, scale);
  const byContent = tf.matMul(scaledQuery, key, false, true); // [batch, heads, time, time]
  const aligned = pass.hasKnownPositions ? byDistance : byBucket;
  const { byQuery, byKey } = aligned({ query: scaledQuery, key: scaledKey }, options, pass);
  const scores = tf.addN([byContent, byQuery, byKey]);
  const weights = tf.softmax(visible(scores, pass));
  return tf.matMul(pass.drop(weights, options.dropout, `${options.output.path}/attention`), value);
}

type ScaledHeads = Omit<Heads, "value">;

/** Each [batch, heads, time, time]. */
function byDistance({ query, key }: ScaledHeads, options: DisentangledOptions, pass: Pass) {
  const far = distanceHeads(options, pass);
  const byKey = alignDistances(tf.matMul(key, far.queries, false, true));
  return {
    byQuery: alignDistances(tf.matMul(query, far.keys, false, true)),
    byKey: tf.transpose(byKey, [0, 1, 3, 2]),
  };
}

/** The same by look-ups, for any length: scores with each bucket, of which each pair of positions picks one. */
function byBucket({ query, key }: ScaledHeads, options: DisentangledOptions, pass: Pass) {
  const { distances, heads } = options;
  const states = bucketStates(distances, { first: 0, count: 2 * distances.buckets }, pass);
  const buckets = pass.byDistance((distance) => distanceBucket(-distance, distances)); // [query, key]
  const looked = (rows: tf.Tensor, site: LinearSite, ids: tf.Tensor) => {
    const scores = tf.matMul(rows, splitHeads(site.forward(states, pass.context), heads), false, true);
    return tf.gather(tf.transpose(scores, [2, 3, 0, 1]), ids, 1, 1); // [row, column, batch, heads]
  };
  return {
    byQuery: tf.transpose(looked(query, options.key, buckets), [2, 3, 0, 1]),
    byKey: tf.transpose(looked(key, options.query, tf.transpose(buckets)), [2, 3, 1, 0]),
  };
}

/** Each [batch, heads, 2·time − 1, headSize]: for a query its keys from the farthest before it on, for a key its queries. */
function distanceHeads({ query, key, heads, distances, output }: DisentangledOptions, pass: Pass) {
  const { context } = pass;
  const [batch, time] = pass.shape;
  const tableRows = usedBuckets(time, distances);
  const states = pass.drop(bucketStates(distances, tableRows, pass), distances.dropout, `${output.path}/distances`);
  const buckets = Array.from(
    { length: 2 * time - 1 },
    (_, index) => distanceBucket(index - (time - 1), distances) - tableRows.first,
  );
  const headsFrom = (site: LinearSite, columns: readonly number[]): tf.Tensor => {
    const projected = site.forward(states, context); // [1 or batch, used, heads·headSize]
    const [rows = 1, count = 0, width = 0] = projected.shape;
    const ids = Array.from({ length: rows }, (_, row) => columns.map((index) => row * count + index));
    const byRow = embeddingLookup(tf.reshape(projected, [rows * count, width]), tf.tensor2d(ids, undefined, "int32"));
    return tf.tile(splitHeads(byRow, heads), [batch / rows, 1, 1, 1]);
  };
  return { keys: headsFrom(key, [...buckets].reverse()), queries: headsFrom(query, buckets) };
}

/** The rows of the table for the distances in a text. */
function usedBuckets(time: number, distances: DistanceBuckets): { readonly first: number; readonly count: number } {
  const first = distanceBucket(1 - time, distances);
  return { first, count: distanceBucket(time - 1, distances) - first + 1 };
}

/** [1, used, width], once for each pass; [batch, …] if rows of the batch may have their own adapters. */
function bucketStates(
  { table, norm }: DistanceStates,
  { first, count }: { readonly first: number; readonly count: number },
  pass: Pass,
): tf.Tensor {
  return pass.once(table, () => {
    const rows = pass.context.adapters.kind === "rows" ? pass.shape[0] : 1;
    const ids = tf.tile(tf.expandDims(tf.range(first, first + count, 1, "int32"), 0), [rows, 1]);
    return norm.forward(table.forward(ids, pass.context), pass.context);
  });
}

/** Padding neither sees nor is seen: its own scores become equal, as in transformers, and pass nothing back. */
function visible(scores: tf.Tensor, pass: Pass): tf.Tensor {
  const { attentionMask } = pass.inputs;
  if (attentionMask === undefined) return scores;
  const shown = pass.once(visible, () => {
    const mask = tf.cast(attentionMask, "float32");
    return tf.expandDims(tf.mul(tf.expandDims(mask, 2), tf.expandDims(mask, 1)), 1); // [batch, 1, time, time]
  });
  return tf.add(tf.mul(scores, shown), tf.mul(tf.sub(1, shown), maskedScore));
}

// Which state of DeBERTa's distances a pair of tokens has (transformers' modeling_deberta_v2.py, make_log_bucket_position):
// near ones have each their own, far ones share them, the more the farther.

interface DistanceBuckets {
  /** Half of the table's rows. */
  readonly buckets: number;
  /** The distance at which the last bucket begins, and one. */
  readonly farthest: number;
}

/**
 * The row for a query `distance` positions after its key (negative: before it).
 *
 * Rounded to float32 after each step, as in torch, so that a distance at the border of two buckets gets the same one.
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

// From scores by distance to scores by position, by moving whole rows (Dai et al. 2019, appendix B).

/** scores [batch, heads, time, 2·time − 1], of row t for the distances t' − t from 1 − time on → [batch, heads, time, time] of t' */
export function alignDistances(scores: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const [batch = 0, heads = 0, time = 0, distances = 0] = scores.shape;
    if (time === 1) return tf.clone(scores);
    // Row t must be shifted by t positions. When rows are joined and then cut one position shorter, each is shifted by its number.
    const laid = tf.reshape(scores, [batch * heads, time * distances]);
    const shifted = tf.slice(laid, [0, time - 1], [batch * heads, time * (distances - 1)]);
    const rows = tf.reshape(shifted, [batch * heads, time, distances - 1]);
    return tf.reshape(tf.slice(rows, [0, 0, 0], [batch * heads, time, time]), [batch, heads, time, time]);
  });
}
