// DoRA (PEFT's `use_dora`): each column of the adapted weight has its own trained length. `DoraAdaptation` of @lowrank/math does the
// computation.

import { adaptedLengths, DoraAdaptation, siteKinds } from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";
import type { Variant } from "../variant.ts";

export const dora: Variant = {
  refusalOfParameters: "use_dora is for layers",
  vector: {
    part: "lora_magnitude_vector",
    fileShape: (site) => siteKinds[site.kind].outputsInFile(site),
    // The lengths of the weight's columns including the update of A and B, so that the decomposition changes nothing.
    initialize: ({ weight, plain }) => tf.tidy(() => adaptedLengths(weight(), plain)),
  },
  wrap: (inner, { vector, dropout, adapterName }) =>
    vector === undefined ? inner : new DoraAdaptation({ inner, magnitude: vector, dropout, adapterName }),
  dropsInput: true,
};
