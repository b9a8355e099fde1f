// Sums of what a pass's routers gave to their experts, over tokens and layers, for the load-balancing loss: the share of tokens that
// chose each expert, times the mean of the router's probability for it (Fedus et al. 2021, equations 4 to 6), like transformers'
// load_balancing_loss_func. Padding does not count.

import * as tf from "@tensorflow/tfjs-core";
import { routeTokens } from "./route-tokens.ts";

export class RoutingRecord {
  readonly #shares: tf.Tensor1D[] = [];
  #chosen: readonly number[] = [];
  #tokens = 0;

  /** A layer's scores [tokens, experts]; `isShown` has 0 for each token that is padding. */
  add(scores: tf.Tensor2D, perToken: number, isShown?: tf.TypedArray): void {
    const [tokens, experts] = scores.shape;
    const shown = Float32Array.from({ length: tokens }, (_, token) => isShown?.[token] ?? 1);
    const { experts: chosen } = routeTokens(scores.dataSync(), experts, perToken);
    const counts = Array.from({ length: experts }, (_, expert) => this.#chosen[expert] ?? 0);
    chosen.forEach((expert, slot) => {
      counts[expert] = (counts[expert] ?? 0) + (shown[Math.floor(slot / perToken)] ?? 0);
    });
    this.#chosen = counts;
    this.#tokens += shown.reduce((sum, one) => sum + one, 0);
    const summed = () => tf.reshape(tf.matMul(tf.tensor2d(shown, [1, tokens]), tf.softmax(scores)), [experts]);
    this.#shares.push(tf.keep(tf.tidy(summed)) as tf.Tensor1D);
  }

  /** perToken if all experts are used equally, at most experts·perToken; 0 without layers. */
  loss(): tf.Scalar {
    const [first] = this.#shares;
    if (first === undefined) return tf.scalar(0);
    return tf.tidy(() => {
      const chosen = tf.tensor1d([...this.#chosen]);
      const weighted = tf.sum(tf.mul(chosen, this.#shares.length === 1 ? first : tf.addN(this.#shares)));
      return tf.mul<tf.Scalar>(weighted, first.size / this.#tokens ** 2);
    });
  }

  dispose(): void {
    tf.dispose(this.#shares);
  }
}
