// Functions of log-probabilities that stay finite at both ends.

import * as tf from "@tensorflow/tfjs-core";

/** log σ(x) */
export function logSigmoid(x: tf.Tensor): tf.Tensor1D {
  return tf.neg(tf.softplus(tf.neg<tf.Tensor1D>(x as tf.Tensor1D)));
}

/** −log σ of the margin, softened by the share of pairs that are the wrong way round (Mitchell 2023, "conservative DPO"). */
export function smoothedLogistic(margin: tf.Tensor, share: number): tf.Tensor1D {
  const right = tf.mul<tf.Tensor1D>(logSigmoid(margin), share - 1);
  return share === 0 ? right : tf.sub<tf.Tensor1D>(right, tf.mul(logSigmoid(tf.neg(margin)), share));
}

/** log(1 − eˣ) for x < 0, by the formula that loses least on either side of −log 2 (Mächler 2012). */
export function log1mExp(x: tf.Tensor): tf.Tensor {
  const middle = -Math.LN2;
  // Each branch only sees its own range: outside it, its gradient would be NaN, and NaN times 0 is NaN.
  const far = tf.log1p(tf.neg(tf.exp(tf.minimum(x, middle))));
  const near = tf.log(tf.neg(tf.expm1(tf.maximum(x, middle))));
  return tf.where(tf.less(x, middle), far, near);
}
