// LoRA at a linear site: output + s·(x·A)·B (Hu et al. 2021).

import type { AdaptationCall } from "@lowrank/contracts";
import { addLowRank, dropout } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { SettingError } from "../errors.ts";
import type { LoraPair } from "../update/lora-pair.ts";
import { pairDelta } from "../update/low-rank-delta.ts";
import type { LowRankAdaptation } from "./low-rank-adaptation.ts";

/** How an adaptation is made. */
export interface LoraAdaptationOptions {
  /** Owned by the caller. */
  readonly pair: LoraPair;
  /** s: see `scaling`. */
  readonly scale: number;
  /** Probability of dropping an entry of the branch's input while training; the frozen product sees all. Default 0. */
  readonly dropout?: number;
  /** Tells the dropout masks of two adapters at one site apart. Default "default". */
  readonly adapterName?: string;
}

/**
 * Adds a pair's update to a linear site's output, in activation space.
 *
 * Throws SettingError.
 *
 * @example
 * ```ts
 * import { createPair, LoraAdaptation } from "@lowrank/math";
 * import "@tensorflow/tfjs-backend-cpu";
 *
 * const pair = createPair({ inFeatures: 4, outFeatures: 3, rank: 2, key: { seed: 7, path: "fc" }, name: "lora-example" });
 * const adaptation = new LoraAdaptation({ pair, scale: 2 });
 * adaptation.scale = 1; // halves what the adapter does
 * pair.dispose();
 * ```
 */
export class LoraAdaptation implements LowRankAdaptation {
  readonly pair: LoraPair;
  readonly dropout: number;
  readonly variables: readonly tf.Variable[];
  readonly #adapterName: string;
  #scale: number;

  constructor(options: LoraAdaptationOptions) {
    const { pair, scale, dropout = 0, adapterName = "default" } = options;
    this.pair = pair;
    this.dropout = checkDropout("LoraAdaptation", dropout);
    this.variables = pair.variables;
    this.#adapterName = adapterName;
    this.#scale = checkScale("LoraAdaptation", scale);
  }

  /** s, which may be changed at any time and takes effect with the next call. */
  get scale(): number {
    return this.#scale;
  }

  set scale(scale: number) {
    this.#scale = checkScale("LoraAdaptation", scale);
  }

  apply({ input, output, site, context, weight }: AdaptationCall): tf.Tensor {
    const { initial } = this.pair;
    const rate = context.training ? this.dropout : 0;
    const scale = this.#scale * weight;
    return tf.tidy(() => {
      // What the pair took over is missing in the frozen weight, which sees the whole input: nothing is dropped here.
      const frozen = initial ? addLowRank(output, input, initial.a, initial.b, -scale) : output;
      const path = `${this.#adapterName}/${site.path}`;
      const branchInput = rate === 0 ? input : dropout(input, rate, { ...context.random, path });
      const { a, b } = this.pair.factors();
      return addLowRank(frozen, branchInput, a, b, scale, { mayReuseOutput: true });
    });
  }

  takenOver({ input, output, weight }: AdaptationCall): tf.Tensor | undefined {
    const { initial } = this.pair;
    if (!initial) return undefined;
    return tf.tidy(() => addLowRank(tf.zerosLike(output), input, initial.a, initial.b, -this.#scale * weight));
  }

  delta(strength: number): tf.Tensor2D {
    return pairDelta(this.pair, this.#scale * strength);
  }

  fold(weight: tf.Tensor): tf.Tensor {
    return tf.tidy(() => tf.add(weight, this.delta(1)));
  }
}

export function checkScale(where: string, scale: number): number {
  if (!Number.isFinite(scale)) throw new SettingError(where, "scale", scale, "a finite number");
  return scale;
}

export function checkDropout(where: string, dropout: number): number {
  if (!(dropout >= 0 && dropout < 1))
    throw new SettingError(where, "dropout", dropout, "a number from 0 up to but not 1");
  return dropout;
}
