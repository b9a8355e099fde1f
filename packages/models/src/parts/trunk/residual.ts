// One part of a block with its place in the residual stream.

import { addResidual } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import type { Norm } from "../norm.ts";
import type { Layer } from "../pass.ts";

export interface ResidualOptions {
  readonly layer: Layer;
  /** Normalises what goes into the layer. */
  readonly before?: Norm;
  /** Normalises the sum. */
  readonly afterSum?: Norm;
  /** On what the layer adds, while training. */
  readonly dropout: { readonly rate: number; readonly path: string };
}

/** afterSum(hidden + dropout(layer(before(hidden)))) */
export function residual({ layer, before, afterSum, dropout }: ResidualOptions): Layer {
  return (hidden, pass) =>
    tf.tidy(() => {
      const input = before === undefined ? hidden : before.forward(hidden, pass.context);
      const sum = addResidual(hidden, layer(input, pass), pass.draw(dropout.rate, dropout.path));
      return afterSum === undefined ? sum : afterSum.forward(sum, pass.context);
    });
}
