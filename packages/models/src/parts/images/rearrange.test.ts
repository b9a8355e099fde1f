import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { rearrange, rearrangement, restore } from "./rearrange.ts";
import { planWindows } from "./windows.ts";

const order = rearrangement([2, -1, 0, 1], 3);
const states = () =>
  tf.tensor3d([
    [[1], [2], [3]],
    [[4], [5], [6]],
  ]);

describe("a rearrangement", () => {
  it("moves each state of each row to its position, and zeros to empty positions", () => {
    const found = tf.tidy(() => rearrange(states(), order).dataSync());
    expect([...found]).toEqual([3, 0, 1, 2, 6, 0, 4, 5]);
  });

  it("is undone by the inverse order, whatever is at positions of zeros", () => {
    const found = tf.tidy(() => restore(tf.add(rearrange(states(), order), 1), order).dataSync());
    expect([...found]).toEqual([2, 3, 4, 5, 6, 7]);
  });

  it("moves the gradient of each position to its state", () => {
    const weights = tf.tensor3d([10, 20, 30, 40, 50, 60, 70, 80], [2, 4, 1]);
    const gradients = tf.tidy(() =>
      tf
        .grad((x) => tf.sum(tf.mul(rearrange(x, order), weights)))(states())
        .dataSync(),
    );
    weights.dispose();
    expect([...gradients]).toEqual([30, 40, 10, 70, 80, 50]);
  });
});

describe("windows", () => {
  it("take the image up row by row, filled up with zeros", () => {
    const { sources, count } = planWindows({ rows: 2, columns: 3 }, { size: 2, shift: 0 });
    expect([count, sources]).toEqual([2, [0, 1, 3, 4, 2, -1, 5, -1]]);
  });

  it("that were moved hold parts of the image that do not see each other", () => {
    const { sources, regions } = planWindows({ rows: 2, columns: 4 }, { size: 2, shift: 1 });
    expect(sources.slice(4)).toEqual([7, 4, 3, 0]);
    expect(new Set(regions.slice(4)).size).toBe(4);
  });
});
