// The whole formula of LoRA (Hu et al. 2021) on one page: y = x·Wᵀ + s·(x·Aᵀ)·Bᵀ. W is frozen, A and B are trained.
// The task: somebody else's fine-tuning changed a layer's weight by a matrix of rank 2, and we see its outputs alone. A and B
// of rank 2 find the change with 112 numbers, where W has 768. `LoraAdaptation` of @lowrank/math does the same inside a model.

import { chooseEngine } from "@lowrank/engine";
import { createLora, lowRankDelta, scaling } from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";

const [inFeatures, outFeatures, rank, alpha] = [32, 24, 2, 4];
const [batch, steps, learningRate] = [64, 300, 0.02];
await chooseEngine(); // a backend of TensorFlow.js, and the gradients of its operations

/** Normal values; a seed of its own for each matrix gives every run the same numbers. */
function random(rows: number, columns: number, deviation: number, seed: number): tf.Tensor2D {
  return tf.randomNormal([rows, columns], 0, deviation, "float32", seed) as tf.Tensor2D;
}

// The frozen weight W [outFeatures, inFeatures], and the one whose outputs we have: W plus a matrix of rank 2.
const frozen = random(outFeatures, inFeatures, 1 / Math.sqrt(inFeatures), 1);
const change = tf.matMul(random(outFeatures, rank, 0.3, 2), random(rank, inFeatures, 0.3, 3));
const tuned = tf.add(frozen, change) as tf.Tensor2D;

// A is random and B is zero, so that nothing changes before the first step. lowrank keeps both transposed, as it multiplies them:
// lora.a is Aᵀ [inFeatures, rank], lora.b is Bᵀ [rank, outFeatures].
const lora = createLora({ inFeatures, outFeatures, rank, key: { seed: 7, path: "layer" }, name: "layer" });
const s = scaling({ alpha, rank }); // alpha / rank

/** y = x·Wᵀ, for x [batch, inFeatures]. */
function linear(x: tf.Tensor2D, weight: tf.Tensor2D): tf.Tensor2D {
  return tf.matMul(x, weight, false, true);
}

/** y = x·Wᵀ + s·(x·Aᵀ)·Bᵀ: the thin products first, so that ΔW [outFeatures, inFeatures] is never made. */
function adapted(x: tf.Tensor2D): tf.Tensor2D {
  const update = tf.matMul(tf.matMul(x, lora.a), lora.b);
  return tf.add(linear(x, frozen), tf.mul(update, s));
}

const optimizer = tf.train.adam(learningRate);
for (let step = 0; step <= steps; step++) {
  const loss = tf.tidy(() => {
    const x = random(batch, inFeatures, 1, 100 + step);
    const lossOfBatch = () => tf.mean(tf.squaredDifference(adapted(x), linear(x, tuned))) as tf.Scalar;
    const loss = optimizer.minimize(lossOfBatch, true, [lora.a, lora.b]); // no gradient of W
    return loss?.dataSync()[0] ?? Number.NaN;
  });
  if (step % 50 === 0) console.log(`step ${step}: loss ${loss.toExponential(1)}`);
}

// Merged, the layer is an ordinary one again: W' = W + s·B·A. lowRankDelta makes (s·B·A)ᵀ.
const merged = tf.tidy(() => tf.add(frozen, tf.transpose(lowRankDelta(lora.a, lora.b, s))) as tf.Tensor2D);
const x = random(batch, inFeatures, 1, 99);
const distance = (a: tf.Tensor, b: tf.Tensor) =>
  tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0] ?? Number.NaN);
console.log(`trained ${lora.size} numbers, frozen ${frozen.size}`);
console.log(`merged and adapted outputs differ by at most ${distance(linear(x, merged), adapted(x)).toExponential(1)}`);
console.log(`merged and tuned weights differ by at most ${distance(merged, tuned).toExponential(1)}`);
