// DoRA (PEFT's `use_dora`): each column of the adapted weight has a length of its own, which is trained. What is computed is in
// @lowrank/math's `DoraAdaptation`.

import { adaptedLengths, DoraAdaptation, siteKinds } from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";
import type { Variant } from "../variant.ts";

export const dora: Variant = {
  refusalOfParameters: "use_dora is for layers",
  vector: {
    part: "lora_magnitude_vector",
    fileShape: (site) => siteKinds[site.kind].outputsInFile(site),
    // The lengths of the weight's columns as they are with the pair, so that decomposing them changes nothing.
    initialize: ({ weight, plain }) => tf.tidy(() => adaptedLengths(weight(), plain)),
  },
  wrap: (inner, { vector, dropout, adapterName }) =>
    vector === undefined ? inner : new DoraAdaptation({ inner, magnitude: vector, dropout, adapterName }),
  dropsInput: true,
};
