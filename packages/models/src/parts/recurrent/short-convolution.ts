// A gated convolution over a few of the last positions (Liquid AI's LFM2): y = C·(taps ∗ (B·x)), where B, C and x are projections
// of the states.

import type { LinearSite, ParameterSlot } from "@lowrank/engine/hook-points";
import * as tf from "@tensorflow/tfjs-core";
import type { Layer } from "../pass.ts";
import { byText, causalConvolution, withoutPadding } from "./causal-convolution.ts";

export interface ShortConvolutionOptions {
  readonly layer: number;
  /** Gives B, C and x, one after the other. */
  readonly input: LinearSite;
  /** [width, 1, taps], the last of them for the position itself. */
  readonly taps: ParameterSlot;
  readonly output: LinearSite;
}

/** hidden [batch, time, width] → the same shape. A row sees neither padding nor the row before it. */
export function shortConvolution({ layer, input, taps, output }: ShortConvolutionOptions): Layer {
  return (hidden, pass) =>
    tf.tidy(() => {
      const parts = tf.split(withoutPadding(input.forward(hidden, pass.context), pass), 3, 2);
      // A split into three gives three parts.
      const [b, c, x] = parts as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
      const mixed = byText(tf.mul<tf.Tensor3D>(b, x), pass, (texts) => {
        const [before] = pass.cache?.memoryOf(layer) ?? [];
        const { mixed, newest } = causalConvolution(texts, { taps, before }, pass);
        pass.cache?.remember(layer, [newest]);
        return mixed;
      });
      return output.forward(tf.mul(c, mixed), pass.context);
    });
}
