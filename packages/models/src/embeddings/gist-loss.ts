// A ranking loss in which a second model, the guide, excludes false negatives (GISTEmbed, Solatorio 2024). The formulas are those of
// sentence-transformers' GISTEmbedLoss with its defaults.

import { crossEntropy } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../errors.ts";
import { normalized } from "./pooled-embeddings.ts";
import type { Ranked } from "./sentence-losses.ts";

/** Far below every score, so that it counts as nothing. */
const leftOut = -1e9;

/**
 * Each anchor must find its own positive among all texts of the batch, including other anchors. A text does not count if the guide
 * finds it more similar to the row than anchor and positive are to each other. The mean over anchors. The caller owns the result.
 *
 * @throws MODEL_INPUT if the guide has embedded another number of texts.
 */
export function gistLoss(
  ofModel: Ranked,
  ofGuide: Ranked,
  { temperature = 0.01 }: { readonly temperature?: number } = {},
): tf.Scalar {
  const [rows] = ofModel.anchors.shape;
  return tf.tidy(() => {
    const [trained, guided] = [similarities(ofModel), similarities(ofGuide)];
    if (!tf.util.arraysEqual(trained.shape, guided.shape))
      throw modelInputError("guide", `its scores have the shape [${guided.shape}], expected [${trained.shape}]`);
    const positives = tf.slice2d(guided, [0, 0], [rows, rows]);
    const eye = tf.eye(rows);
    const threshold = tf.sum(tf.mul(positives, eye), 1, true); // [rows, 1]
    const isPositive = tf.cast(
      tf.pad2d(eye, [
        [0, 0],
        [0, trained.shape[1] - rows],
      ]),
      "bool",
    );
    const counts = tf.logicalOr(tf.lessEqual(guided, threshold), isPositive);
    const scores = tf.where<tf.Tensor2D>(counts, tf.div<tf.Tensor2D>(trained, temperature), leftOut);
    return tf.reshape<tf.Rank.R0>(crossEntropy(scores, tf.range(0, rows, 1, "int32"), "mean"), []);
  });
}

/** Cosines of a row's anchor with positives, anchors and negatives, and of its positive with positives: [rows, texts + rows]. */
function similarities({ anchors, positives, negatives = [] }: Ranked): tf.Tensor2D {
  const [anchor, positive] = [normalized(anchors), normalized(positives)];
  const ofAnchor = tf.matMul<tf.Tensor2D>(
    anchor,
    tf.concat([positive, anchor, ...negatives.map(normalized)], 0),
    false,
    true,
  );
  return tf.concat2d([ofAnchor, tf.matMul<tf.Tensor2D>(positive, positive, false, true)], 1);
}
