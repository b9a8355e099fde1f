// A bias on B (PEFT's `lora_bias`): the branch adds s·(B·A·x + bias) instead of s·B·A·x.

import type { AdaptationCall } from "@lowrank/contracts/internal";
import { uniform } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { CreateLoraOptions } from "../matrices/create-lora.ts";
import type { RowUpdate } from "../update/row-update.ts";
import type { LowRankAdaptation } from "./low-rank-adaptation.ts";

/** A low-rank adaptation of a linear layer or a convolution, with a bias [outFeatures] that has the same scale. */
export class BiasedAdaptation implements LowRankAdaptation {
  readonly variables: readonly tf.Variable[];

  /** Both are owned by the caller. */
  constructor(
    readonly inner: LowRankAdaptation,
    readonly bias: tf.Variable,
  ) {
    this.variables = [...inner.variables, bias];
  }

  get scale(): number {
    return this.inner.scale;
  }

  set scale(scale: number) {
    this.inner.scale = scale;
  }

  apply(call: AdaptationCall): tf.Tensor {
    return tf.tidy(() => tf.add(this.inner.apply(call), tf.mul(this.bias, this.scale * call.weight)));
  }

  delta(strength: number): tf.Tensor {
    return this.inner.delta(strength);
  }

  rows(): Promise<RowUpdate> {
    return this.inner.rows();
  }

  fold(weight: tf.Tensor, base: tf.Tensor): tf.Tensor {
    return this.inner.fold(weight, base);
  }

  foldBias(bias: tf.Tensor): tf.Tensor {
    return tf.tidy(() => tf.add(bias, tf.mul(this.bias, this.scale)));
  }

  release(): void {
    this.inner.release?.();
  }
}

/** A new bias [outFeatures] on B: zero, or for "random" uniform in ±1/√rank, as in torch. The caller owns it. */
export function createLoraBias(options: Pick<CreateLoraOptions, "outFeatures" | "rank" | "init" | "key">): tf.Tensor1D {
  const { outFeatures, rank, init = "default", key } = options;
  if (init !== "random") return tf.zeros([outFeatures]);
  const bound = 1 / Math.sqrt(rank);
  return tf.tidy(() => {
    const drawn = uniform([outFeatures], -bound, bound, { seed: key.seed, path: `${key.path}.lora_B.bias` });
    return tf.reshape<tf.Rank.R1>(drawn, [outFeatures]);
  });
}
