// LoRA at an embedding: output + s·A[ids]·B, times the site's output scale (PEFT's `Embedding`). PEFT applies no dropout
// here: token ids have nothing to drop.

import type { AdaptationCall } from "@lowrank/contracts";
import { embeddingLookup } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import type { LoraPair } from "../update/lora-pair.ts";
import { pairDelta } from "../update/low-rank-delta.ts";
import { checkScale } from "./lora-adaptation.ts";
import type { LowRankAdaptation } from "./low-rank-adaptation.ts";

/** Adds a pair's update to an embedding's output. Throws SettingError. */
export class EmbeddingLoraAdaptation implements LowRankAdaptation {
  readonly pair: LoraPair;
  readonly variables: readonly tf.Variable[];
  #scale: number;

  /** `pair`: A [vocabulary, rank] and B [rank, outFeatures], owned by the caller. */
  constructor(options: { readonly pair: LoraPair; readonly scale: number }) {
    this.pair = options.pair;
    this.variables = [options.pair.a, options.pair.b];
    this.#scale = checkScale("EmbeddingLoraAdaptation", options.scale);
  }

  /** s, which may be changed at any time and takes effect with the next call. */
  get scale(): number {
    return this.#scale;
  }

  set scale(scale: number) {
    this.#scale = checkScale("EmbeddingLoraAdaptation", scale);
  }

  apply({ input, output, site, weight }: AdaptationCall): tf.Tensor {
    const { a, b } = this.pair;
    return tf.tidy(() => {
      const narrow = embeddingLookup(a, tf.reshape(input, [input.size]), site); // [batch·time, rank]
      const scale = this.#scale * weight * (site.outputScale ?? 1);
      const update = tf.matMul(tf.mul<tf.Tensor2D>(narrow, scale), b); // [batch·time, outFeatures]
      return tf.add(output, tf.reshape(update, output.shape));
    });
  }

  delta(strength: number): tf.Tensor2D {
    return pairDelta(this.pair, this.#scale * strength);
  }

  fold(weight: tf.Tensor): tf.Tensor {
    return tf.tidy(() => tf.add(weight, this.delta(1)));
  }
}
