// The pair of an embedding at the output head that shares its table (PEFT's `ensure_weight_tying`). The head's weight is the
// table seen the other way round, and so is what the pair adds: output + s·(x·Bᵀ)·Aᵀ.

import type { AdaptationCall } from "@lowrank/contracts";
import { addLowRank, dropout } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import type { LoraPair } from "../update/lora-pair.ts";
import { pairDelta } from "../update/low-rank-delta.ts";
import { checkScale } from "./lora-adaptation.ts";
import type { LowRankAdaptation } from "./low-rank-adaptation.ts";

/** How it is made. */
export interface TiedHeadOptions {
  /** The embedding's: A [vocabulary, rank] and B [rank, width]. Owned by the caller. */
  readonly pair: LoraPair;
  readonly scale: number;
  /** Probability of dropping an entry of the branch's input while training. Default 0. */
  readonly dropout?: number;
  /** Tells the dropout masks of two adapters at one site apart. Default "default". */
  readonly adapterName?: string;
}

/** Adds an embedding's update to the scores of the head [width, vocabulary] that shares its table. Throws SettingError. */
export class TiedHeadAdaptation implements LowRankAdaptation {
  readonly variables: readonly tf.Variable[];
  readonly #options: TiedHeadOptions;
  #scale: number;

  constructor(options: TiedHeadOptions) {
    this.#options = options;
    this.variables = options.pair.variables;
    this.#scale = checkScale("TiedHeadAdaptation", options.scale);
  }

  /** s, which may be changed at any time and takes effect with the next call. */
  get scale(): number {
    return this.#scale;
  }

  set scale(scale: number) {
    this.#scale = checkScale("TiedHeadAdaptation", scale);
  }

  apply({ input, output, site, context, weight }: AdaptationCall): tf.Tensor {
    const { pair, adapterName = "default" } = this.#options;
    const rate = context.training ? (this.#options.dropout ?? 0) : 0;
    return tf.tidy(() => {
      const path = `${adapterName}/${site.path}`;
      const x = rate === 0 ? input : dropout(input, rate, { ...context.random, path });
      const a = tf.transpose<tf.Tensor2D>(pair.b); // [width, rank]
      const b = tf.transpose<tf.Tensor2D>(pair.a); // [rank, vocabulary]
      return addLowRank(output, x, a, b, this.#scale * weight);
    });
  }

  delta(strength: number): tf.Tensor {
    return tf.tidy(() => tf.transpose(pairDelta(this.#options.pair, this.#scale * strength)));
  }

  fold(weight: tf.Tensor): tf.Tensor {
    return tf.tidy(() => tf.add(weight, this.delta(1)));
  }
}
