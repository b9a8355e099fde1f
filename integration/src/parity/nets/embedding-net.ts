// emb → lin1 → gelu → mean over tokens → lin2.

import { EmbeddingSite } from "@lowrank/engine/hook-points";
import { gelu } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { linearOf, Net, required, type Weights, weightOf } from "./net.ts";

export function embeddingNet(weights: Weights): Net {
  const [rows = 0, width = 0] = weightOf(weights, "emb.weight").shape;
  const table = new EmbeddingSite({ path: "emb", rows, width });
  const first = linearOf(weights, "lin1");
  const last = linearOf(weights, "lin2");
  return new Net([table, first, last], weights, ({ inputIds }, context) => {
    const tokens = table.forward(required(inputIds, "inputIds"), context); // [batch, time, width]
    const hidden = gelu(first.forward(tokens, context), "erf");
    return last.forward(tf.mean(hidden, 1), context);
  });
}
