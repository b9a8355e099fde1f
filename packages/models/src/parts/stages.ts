// The pieces of a model that run one after the other.

import type * as tf from "@tensorflow/tfjs-core";
import type { Layer, Pass } from "./pass.ts";
import type { Part } from "./weight-slot.ts";

export interface Stage {
  /** Every part that `run` computes with, also one that belongs to an earlier stage. */
  readonly parts: readonly Part[];
  readonly run: Layer;
}

export interface StageList {
  readonly stages: readonly Stage[];
  /** Of an encoder–decoder: which stage takes the encoder's last states and begins the decoder. */
  readonly decoder?: { readonly stage: number; readonly positionRows?: number };
}

export function runStages(stages: readonly Stage[], hidden: tf.Tensor, pass: Pass): tf.Tensor {
  return stages.reduce((state, stage) => stage.run(state, pass), hidden);
}
