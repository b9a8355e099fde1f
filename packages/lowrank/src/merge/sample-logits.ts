// Logits of a fixed input, to compare a model with itself.

import type { ForwardContext } from "@lowrank/contracts";
import { mulberry32 } from "@lowrank/data";
import type { PretrainedModel } from "@lowrank/models";
import type { ModelInputs } from "@lowrank/models/internal";
import * as tf from "@tensorflow/tfjs-core";
import { positionLimit } from "../open/position-limit.ts";

/** The logits for `sampleInputs`; the caller disposes of them. */
export function sampleLogits(model: PretrainedModel, context: ForwardContext): tf.Tensor {
  return tf.tidy(() => model.forward(sampleInputs(model), context));
}

const rows = 2;
const longest = 24;

/** Arbitrary tokens, images or recordings as model input. The caller owns them. */
export function sampleInputs({ config, task }: Pick<PretrainedModel, "config" | "task">): ModelInputs {
  const random = mulberry32(20260101);
  const { decoderLayers, imageChannels, imageSize, imageWidth } = config;
  if (imageSize > 0) {
    const shape: [number, number, number, number] = [rows, imageChannels, imageSize, imageWidth];
    // Pixels as after image preprocessing: around 0, and rarely beyond ±2.
    const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => 4 * random() - 2);
    const pixelValues = tf.tensor4d(values, shape);
    if (task !== "image-text-matching") return { pixelValues };
    return { pixelValues, inputIds: textOf(config, random) };
  }
  if (config.melBins > 0) return sampleSounds(config, random);
  const tokens = () => textOf(config, random);
  if (task === "multiple-choice") return { inputIds: tf.tidy(() => tf.expandDims<tf.Tensor3D>(tokens(), 0)) };
  return { inputIds: tokens(), ...(decoderLayers > 0 ? { decoderInputIds: tokens() } : {}) };
}

function textOf(config: PretrainedModel["config"], random: () => number): tf.Tensor2D {
  const time = Math.min(longest, positionLimit(config));
  const ids = Int32Array.from({ length: rows * time }, () => Math.floor(random() * config.vocabularySize));
  return tf.tensor2d(ids, [rows, time], "int32");
}

/** Features scaled as by `logMelFeatures`, and the beginning of a text. */
function sampleSounds(
  { melBins, sourcePositions, vocabularySize }: PretrainedModel["config"],
  random: () => number,
): ModelInputs {
  const shape: [number, number, number] = [1, melBins, 2 * sourcePositions];
  const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => 2 * random() - 1);
  const ids = Int32Array.from({ length: 8 }, () => Math.floor(random() * vocabularySize));
  return { inputFeatures: tf.tensor3d(values, shape), decoderInputIds: tf.tensor2d(ids, [1, ids.length], "int32") };
}
