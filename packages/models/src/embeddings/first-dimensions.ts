// Shorter embeddings: the first dimensions, which a Matryoshka model has trained to be embeddings themselves.

import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../errors.ts";

/** [batch, width] → [batch, dimensions]. Throws MODEL_INPUT for no integer from 1 to the width. */
export function firstDimensions(embeddings: tf.Tensor2D, dimensions: number): tf.Tensor2D {
  const [batch, width] = embeddings.shape;
  if (Number.isInteger(dimensions) && dimensions >= 1 && dimensions <= width)
    return tf.slice2d(embeddings, [0, 0], [batch, dimensions]);
  throw modelInputError("dimensions", `${dimensions} is not a whole number from 1 to ${width}, the model's width`);
}
