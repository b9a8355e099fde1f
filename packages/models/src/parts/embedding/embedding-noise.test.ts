import "@tensorflow/tfjs-backend-cpu";
import { inferenceContext } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { Pass } from "../pass.ts";
import type { PassInputs } from "../pass-inputs.ts";
import { withNoise } from "./token-embedding.ts";

beforeAll(() => tf.setBackend("cpu"));

const [alpha, width] = [3, 400];

/** The noise of each row of [batch, time, width], as root mean square and largest size. */
function noiseOf(inputs: Partial<PassInputs>, [batch, time]: readonly [number, number]) {
  return tf.tidy(() => {
    const context = { ...inferenceContext(), training: true, embeddingNoise: alpha };
    const pass = new Pass(context, { positions: [], causal: true, ...inputs });
    const noise = withNoise(tf.zeros([batch, time, width]), pass);
    return tf.unstack(noise).map((row) => ({
      size: Math.sqrt(tf.mean(tf.square(row)).dataSync()[0] ?? 0),
      largest: tf.max(tf.abs(row)).dataSync()[0] ?? 0,
      mean: tf.mean(row).dataSync()[0] ?? 0,
    }));
  });
}

it("the noise on a text of n tokens is drawn uniformly from ±alpha / √(n · width)", () => {
  const attentionMask = tf.tensor2d(
    [
      [1, 1, 1, 1, 1, 1, 1, 1],
      [1, 1, 0, 0, 0, 0, 0, 0],
    ],
    undefined,
    "int32",
  );
  const rows = noiseOf({ attentionMask }, [2, 8]);
  for (const [row, tokens] of [8, 2].entries()) {
    const bound = alpha / Math.sqrt(tokens * width);
    expect(rows[row]?.largest).toBeLessThanOrEqual(bound * 1.000_001);
    expect((rows[row]?.size ?? 0) / (bound / Math.sqrt(3))).toBeCloseTo(1, 1);
    expect(Math.abs(rows[row]?.mean ?? 1)).toBeLessThan(bound / 20);
  }
});

it("without padding, where each token is a row, it depends on the length of the token's text", () => {
  const groups = [
    { rows: 1, time: 2 },
    { rows: 2, time: 4 },
  ];
  const sizes = noiseOf({ groups }, [10, 1]).map(({ largest }) => largest);
  const bound = (tokens: number) => alpha / Math.sqrt(tokens * width);
  for (const [token, size] of sizes.entries()) {
    const limit = bound(token < 2 ? 2 : 4);
    expect(size).toBeLessThanOrEqual(limit * 1.000_001);
    expect(size).toBeGreaterThan(limit * 0.9);
  }
});
