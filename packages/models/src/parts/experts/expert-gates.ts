// The function between the two projections of an expert: gate and up are outputs of one matrix.

import * as tf from "@tensorflow/tfjs-core";
import type { Activation } from "../activations.ts";

/** activation(gate)·up, the gate's outputs first. */
export function halvesGate(activation: Activation): (gateUp: tf.Tensor2D) => tf.Tensor2D {
  return (gateUp) => {
    const [gate, up] = tf.split(gateUp, 2, 1);
    // A split into two gives two parts.
    return activation.gate(gate as tf.Tensor, up as tf.Tensor) as tf.Tensor2D;
  };
}

/** GPT-OSS: gate·σ(α·gate)·(up + 1), both bounded by the limit, gate and up side by side. */
export function clampedGate(alpha: number, limit: number): (gateUp: tf.Tensor2D) => tf.Tensor2D {
  return (gateUp) => {
    const [rows, features] = gateUp.shape;
    const pairs = tf.split(tf.reshape(gateUp, [rows, features / 2, 2]), 2, 2);
    const [gate, up] = pairs.map((part) => tf.reshape(part, [rows, features / 2]));
    const bounded = tf.minimum(gate as tf.Tensor2D, limit);
    const glu = tf.mul(bounded, tf.sigmoid(tf.mul(bounded, alpha)));
    return tf.mul(tf.add(tf.clipByValue(up as tf.Tensor2D, -limit, limit), 1), glu);
  };
}
