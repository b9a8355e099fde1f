// From scores by distance to scores by place, by moving whole rows alone (Dai et al. 2019, appendix B).

import * as tf from "@tensorflow/tfjs-core";

/** scores [batch, heads, time, 2·time − 1], of row t for the distances t' − t from 1 − time on → [batch, heads, time, time] of t' */
export function alignDistances(scores: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const [batch = 0, heads = 0, time = 0, distances = 0] = scores.shape;
    if (time === 1) return tf.clone(scores);
    // Row t begins t places earlier than row 0: laid end to end, rows that are one place shorter begin at their own place.
    const laid = tf.reshape(scores, [batch * heads, time * distances]);
    const shifted = tf.slice(laid, [0, time - 1], [batch * heads, time * (distances - 1)]);
    const rows = tf.reshape(shifted, [batch * heads, time, distances - 1]);
    return tf.reshape(tf.slice(rows, [0, 0, 0], [batch * heads, time, time]), [batch, heads, time, time]);
  });
}
