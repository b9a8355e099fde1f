// A linear map: output + s·(x·A)·B (Hu et al. 2021).

import { addLowRank } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { plainLayout, transposedLayout } from "../update/file-layout.ts";
import { pairDelta } from "../update/low-rank-delta.ts";
import type { SiteKind } from "./layer-kind.ts";
import { evenly, matrixPair, normally } from "./matrix-pair.ts";

const parts = ["lora_A", "lora_B"] as const;

/** The pair's A is [inFeatures, rank], its B [rank, outFeatures]. */
export const linear: SiteKind = {
  parts,
  refusal: () => null,
  pair: (layer, rank) => matrixPair(parts, layer, rank),
  // B starts at zero so that an untrained adapter leaves the model exactly as it was (paper, section 4.1).
  start: (init, { a, b, rank }) => [
    init === "gaussian" ? normally(a.shape, 1 / rank, a.key) : evenly(a.shape, a.key),
    init === "random" ? evenly(b.shape, b.key) : tf.zeros([...b.shape]),
  ],
  dropsInput: true,
  add: ({ input, output, dropout, mayReuseOutput = false }, { a, b }, scale) =>
    addLowRank(output, input, a, b, scale, { mayReuseOutput, dropout }),
  delta: pairDelta,
  rowSides: ({ a, b }, { fanInFanOut = false }) =>
    fanInFanOut
      ? { left: { tensor: a, layout: plainLayout }, right: { tensor: b, layout: plainLayout }, outputs: "columns" }
      : {
          left: { tensor: b, layout: transposedLayout },
          right: { tensor: a, layout: transposedLayout },
          outputs: "rows",
        },
  tokenAxis: 1,
  weightLayout: ({ fanInFanOut }) => (fanInFanOut ? plainLayout : transposedLayout),
  outputsInFile: ({ outFeatures }) => [outFeatures],
  problemOfMerging: () => null,
};
