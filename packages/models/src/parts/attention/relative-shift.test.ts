import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { alignDistances, distanceBucket } from "./disentangled-attention.ts";

describe("scores by distance", () => {
  it.each([1, 2, 5])("are at the position with that distance, of %d", (time) => {
    const distances = 2 * time - 1;
    // Each score is its row and its distance.
    const values = Array.from({ length: 2 * time * distances }, (_, index) => {
      const row = Math.floor(index / distances) % time;
      return 100 * row + (index % distances) - (time - 1);
    });
    const aligned = tf.tidy(() => alignDistances(tf.tensor4d(values, [1, 2, time, distances])).arraySync());
    const rows = Array.from({ length: time }, (_, row) =>
      Array.from({ length: time }, (_, position) => 100 * row + position - row),
    );
    expect(aligned).toEqual([[rows, rows]]);
  });
});

describe("a distance's bucket", () => {
  it("is transformers' for every distance of a DeBERTa v3", () => {
    // make_log_bucket_position(torch.tensor([…]), 256, 512) + 256, clamped
    const known = [
      [-600, 0],
      [-511, 1],
      [-129, 127],
      [-128, 128],
      [0, 256],
      [128, 384],
      [129, 385],
      [200, 425],
      [511, 511],
      [600, 511],
    ];
    for (const [distance = 0, bucket] of known)
      expect([distance, distanceBucket(distance, { buckets: 256, farthest: 512 })]).toEqual([distance, bucket]);
  });
});
