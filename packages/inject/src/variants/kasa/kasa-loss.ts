// KaSA's regularisers (arXiv 2412.06071, equations 9 to 12), which make the update look like a singular value decomposition.
// PEFT leaves it to the training loop to add them (`LoraModel._get_kasa_loss`), and so do we.

import { kasaSettings, type LoraConfig } from "@lowrank/adapter-format";
import type { LoraPair } from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";
import { diagonalPart } from "./kasa.ts";

/** Below this, the root of a sum of squares counts as 0 and has no gradient, as in torch. */
const nothing = 1e-30;

/** What is looked at of an `AdapterHandle`. */
interface Pairs {
  readonly config: LoraConfig;
  readonly sites: readonly { readonly pair: LoraPair }[];
}

/**
 * What a KaSA adapter adds to the loss while it trains: over all layers, β·Σ diag² + γ·(‖BᵀB − 1‖ + ‖AAᵀ − 1‖), with the
 * configuration's beta and gamma. A scalar, 0 for any other adapter; the caller owns it.
 *
 * @example
 * ```ts
 * import type { AdapterHandle } from "@lowrank/inject";
 * import { kasaLoss } from "@lowrank/inject";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * export function regularised(task: () => tf.Scalar, handle: AdapterHandle): tf.Scalar {
 *   return tf.tidy(() => tf.add(task(), kasaLoss(handle))); // what train()'s `loss` returns
 * }
 * ```
 */
export function kasaLoss({ config, sites }: Pairs): tf.Scalar {
  const settings = kasaSettings(config);
  return tf.tidy(() => {
    if (settings === null) return tf.scalar(0);
    const losses = sites.flatMap(({ pair }) => layerLoss(pair, settings));
    return losses.length === 0 ? tf.scalar(0) : tf.addN(losses);
  });
}

function layerLoss(
  { a, b, chain }: LoraPair,
  { beta, gamma }: { readonly beta: number; readonly gamma: number },
): readonly tf.Scalar[] {
  const diagonal = chain.find(({ part }) => part === diagonalPart)?.variable;
  if (diagonal === undefined) return [];
  const ofHalves = tf.add(distanceToOne(tf.matMul(a, a, true, false)), distanceToOne(tf.matMul(b, b, false, true)));
  return [tf.add<tf.Scalar>(tf.mul(tf.sum(tf.square(diagonal)), beta), tf.mul(ofHalves, gamma))];
}

/** ‖G − 1‖ of a Gram matrix [rank, rank]. */
function distanceToOne(gram: tf.Tensor2D): tf.Tensor {
  const difference = tf.sub(gram, tf.eye(gram.shape[0]));
  return tf.sqrt(tf.maximum(tf.sum(tf.square(difference)), nothing));
}
