// How well each text of a batch fits each image: the angle between the two, scaled. Trained by telling which text belongs to
// which image, among all of the batch (Radford et al. 2021), or pair by pair (Zhai et al. 2023).

import { crossEntropy } from "@lowrank/engine";
import type { ParameterSlot } from "@lowrank/engine/hook-points";
import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../errors.ts";
import type { Layer, Pass } from "../parts/pass.ts";
import type { Head, LossSum } from "./head.ts";

export interface MatchingHeadOptions {
  /** All states of the images → [images, features] */
  readonly images: Layer;
  /** All states of the texts → [texts, features] */
  readonly texts: Layer;
  /** The logarithm of the factor of cosines. */
  readonly scale: ParameterSlot;
  /** Added to the scaled cosines. */
  readonly bias?: ParameterSlot;
  readonly loss: "softmax" | "sigmoid";
}

/** Logits are [images, texts]; labels [images] are the index of each image's text. */
export function matchingHead(options: MatchingHeadOptions): Head {
  const forward = (states: tf.Tensor, pass: Pass) => tf.tidy(() => similarity(states, options, pass));
  return {
    forward,
    losses: (labels, pass) => {
      const partners = partnersOf(labels, pass);
      return { of: (states) => lossOf[options.loss](forward(states, pass), partners) };
    },
  };
}

function similarity(states: tf.Tensor, { images, texts, scale, bias }: MatchingHeadOptions, pass: Pass): tf.Tensor2D {
  const { decoder, context } = pass;
  const image = normalized(images(decoder.source, pass));
  const text = normalized(texts(states, decoder));
  // Scale and bias belong to no row of the batch: adapters selected by row do not replace them.
  const scaled = tf.mul<tf.Tensor2D>(tf.matMul(image, text, false, true), tf.exp(scale.value(context)));
  return bias === undefined ? scaled : tf.add<tf.Tensor2D>(scaled, bias.value(context));
}

function normalized(x: tf.Tensor): tf.Tensor2D {
  return tf.div(x, tf.sqrt(tf.sum(tf.square(x), -1, true)));
}

/** Throws MODEL_INPUT unless each image has a text of its own. */
function partnersOf(labels: tf.Tensor, { decoder, inputs: { pixelValues } }: Pass): readonly number[] {
  const images = pixelValues?.shape[0] ?? 0;
  const partners = Array.from(labels.dataSync());
  const isPairing = [...partners].sort((one, other) => one - other).every((text, index) => text === index);
  if (labels.size === images && decoder.shape[0] === images && isPairing) return partners;
  const message = `expected as many texts as images (${images}), and as labels the number of each image's text: 0, 1, 2 …`;
  throw modelInputError("labels", message);
}

const lossOf: Readonly<
  Record<MatchingHeadOptions["loss"], (logits: tf.Tensor2D, partners: readonly number[]) => LossSum>
> = {
  /** The mean of two losses: the right text for each image, and the right image for each text. */
  softmax: (logits, partners) => {
    const owners = partners.map((_, text) => partners.indexOf(text));
    const ofImages = crossEntropy(logits, tf.tensor1d([...partners], "int32"), "sum");
    const ofTexts = crossEntropy(tf.transpose(logits), tf.tensor1d(owners, "int32"), "sum");
    return { sum: tf.reshape(tf.div(tf.add(ofImages, ofTexts), 2), []), count: partners.length };
  },
  /** Whether each pair belongs together: log(1 + e^−x) if it does, otherwise log(1 + e^x). */
  sigmoid: (logits, partners) => {
    const signs = partners.map((partner) => partners.map((_, text) => (text === partner ? -1 : 1)));
    return { sum: tf.sum(tf.softplus(tf.mul(logits, tf.tensor2d(signs)))), count: partners.length };
  },
};
