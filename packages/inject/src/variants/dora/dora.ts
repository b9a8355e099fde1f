// DoRA (PEFT's `use_dora`): each column of the adapted weight has its own trained norm, the magnitude.
// `DoraAdaptation` of @lowrank/math computes it.

import { adaptedNorms, DoraAdaptation, siteKinds } from "@lowrank/math/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { Variant } from "../variant.ts";

export const dora: Variant = {
  refusalOfParameters: "use_dora is for layers",
  vector: {
    part: "lora_magnitude_vector",
    fileShape: (site) => siteKinds[site.kind].outputsInFile(site),
    // The norms of the weight's columns, including the update of A and B, so that the decomposition changes nothing.
    initialize: ({ weight, plain }) => tf.tidy(() => adaptedNorms(weight(), plain)),
  },
  wrap: (inner, { vector, dropout, adapterName }) =>
    vector === undefined ? inner : new DoraAdaptation({ inner, magnitude: vector, dropout, adapterName }),
  dropsInput: true,
};
