// Queries that bring a gate for the output of attention (Qwen 3.5).

import type { LinearSite } from "@lowrank/engine/hook-points";
import { forwardTogether } from "@lowrank/engine/hook-points/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { Projection } from "./attention-options.ts";

interface GatedSites {
  /** Gives each head's query, then its gate: [batch, time, heads·2·headSize]. */
  readonly query: LinearSite;
  readonly key: LinearSite;
  readonly value: LinearSite;
}

/** Three linear layers. The first also gives the gate. */
export function gatedProjection({ query, key, value }: GatedSites, heads: number): Projection {
  return (hidden, { context }) => {
    const parts = forwardTogether([query, key, value], hidden, context);
    const [batch = 0, time = 0] = hidden.shape;
    const queryAndGate = parts[0] as tf.Tensor; // three sites give three tensors
    const [queries, gate] = tf
      .split(tf.reshape(queryAndGate, [batch, time, heads, -1]), 2, 3)
      .map((part) => tf.reshape(part, [batch, time, -1]));
    return {
      query: queries as tf.Tensor,
      key: parts[1] as tf.Tensor,
      value: parts[2] as tf.Tensor,
      gate: gate as tf.Tensor,
    };
  };
}
