// Embedding: rows of a table, by numbers that have no gradient.

import { withoutTape } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { onlyTensor } from "../foreign-layer.ts";
import { type LayerKind, overrideIn } from "../layer-kind.ts";
import { callByWeight, plainView } from "./by-weight.ts";

export const embedding: LayerKind = {
  outlines: (_layer, variables) => [
    {
      kind: "embedding",
      isMinor: true,
      weight: "embeddings",
      view: plainView(variables.get("embeddings")!.read().shape),
    },
  ],
  call: (call) => {
    const { sites, context, inputs, settings } = call;
    const [site] = sites;
    if (overrideIn(call, "embeddings") !== undefined) return callByWeight(call);
    const rows = withoutTape(() => onlyTensor(call.original(inputs, settings)));
    if (!site?.isOpen(context)) return rows;
    return site.adapt(tf.cast(onlyTensor(inputs), "int32"), rows, context);
  },
  isFrozenByUs: true,
};
