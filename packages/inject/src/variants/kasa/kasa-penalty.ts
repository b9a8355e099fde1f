// KaSA's regularisers (arXiv 2412.06071, equations 9 to 12), which make the update look like a singular value decomposition.
// PEFT leaves it to the training loop to add them (`LoraModel._get_kasa_loss`).

import { kasaSettings, type LoraConfig } from "@lowrank/adapter-format";
import type { LoraPair } from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";

/** What its vector is to a layer. */
export const diagonalPart = "lora_diag";

/** Below this, the root of a sum of squares counts as 0 and has no gradient, as in torch. */
const nothing = 1e-30;

/** β·Σ diag² + γ·(‖BᵀB − 1‖ + ‖AAᵀ − 1‖) of one layer, with the configuration's beta and gamma. Call it inside a tidy. */
export function kasaPenalty({ a, b, chain }: LoraPair, config: LoraConfig): tf.Scalar {
  const settings = kasaSettings(config);
  const diagonal = chain.find(({ part }) => part === diagonalPart)?.variable;
  if (settings === null || diagonal === undefined) return tf.scalar(0);
  const ofHalves = tf.add(distanceToOne(tf.matMul(a, a, true, false)), distanceToOne(tf.matMul(b, b, false, true)));
  return tf.add<tf.Scalar>(tf.mul(tf.sum(tf.square(diagonal)), settings.beta), tf.mul(ofHalves, settings.gamma));
}

/** ‖G − 1‖ of a Gram matrix [rank, rank]. */
function distanceToOne(gram: tf.Tensor2D): tf.Tensor {
  const difference = tf.sub(gram, tf.eye(gram.shape[0]));
  return tf.sqrt(tf.maximum(tf.sum(tf.square(difference)), nothing));
}
