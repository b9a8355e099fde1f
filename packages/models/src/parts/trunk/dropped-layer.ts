// Layers that are left out as a whole while training, each by chance and for the whole batch (LayerDrop, Fan et al. 2020).

import { dropout } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import type { Layer, Pass } from "../pass.ts";
import { inHalves, type Stage } from "./stages.ts";

/** The stage, which `rate` of all passes in training leave out. Both halves draw alike. */
export function droppedLayer(stage: Stage, { rate, path }: { readonly rate: number; readonly path: string }): Stage {
  if (rate === 0) return stage;
  const dropped =
    (layer: Layer): Layer =>
    (hidden, pass) =>
      tf.tidy(() => mixed(hidden, layer(hidden, pass), isKept(pass, rate, path)));
  const { halves } = stage.run;
  const run = halves === undefined ? dropped(stage.run) : inHalves(dropped(halves.mix), dropped(halves.byPosition));
  return { ...stage, run };
}

/** 1 or 0, [1, 1, 1]; undefined where nothing is dropped. */
function isKept(pass: Pass, rate: number, path: string): tf.Tensor | undefined {
  const draw = pass.draw(rate, path);
  if (draw === undefined) return undefined;
  return tf.cast(tf.greater(dropout(tf.ones([1, 1, 1]), draw.rate, draw.key), 0), "float32");
}

/** A layer left out is computed, too: its variables get gradients of 0, on every engine. */
function mixed(before: tf.Tensor, after: tf.Tensor, kept: tf.Tensor | undefined): tf.Tensor {
  if (kept === undefined) return after;
  return tf.add(tf.mul(after, kept), tf.mul(before, tf.sub(1, kept)));
}
