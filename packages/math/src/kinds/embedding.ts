// An embedding: output + s·A[ids]·B, times the site's output scale (PEFT's `Embedding`). As in PEFT there is no dropout, because
// the input is token ids.

import { embeddingLookup } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { plainLayout } from "../update/file-layout.ts";
import type { SiteKind } from "./layer-kind.ts";
import { linear, linearSpecs, normally } from "./linear.ts";

const parts = ["lora_embedding_A", "lora_embedding_B"] as const;

/** A is [vocabulary, rank], B [rank, outFeatures]. */
export const embedding: SiteKind = {
  ...linear,
  parts,
  specs: (layer, rank) => linearSpecs(parts, layer, rank),
  initialize: (init, { a, b }) => [
    init === "random" ? normally(a.shape, 1, a.key) : tf.zeros([...a.shape]),
    normally(b.shape, 1, b.key),
  ],
  dropsInput: false,
  add: ({ input, output, site }, { a, b }, scale) => {
    const narrow = embeddingLookup(a, tf.reshape(input, [input.size]), site); // [batch·time, rank]
    const update = tf.matMul(tf.mul<tf.Tensor2D>(narrow, scale * (site.outputScale ?? 1)), b); // [batch·time, outFeatures]
    return tf.add(output, tf.reshape(update, output.shape));
  },
  rowSides: (matrices) => linear.rowSides(matrices, { fanInFanOut: true }),
  tokenAxis: 0,
  weightLayout: () => plainLayout,
};
