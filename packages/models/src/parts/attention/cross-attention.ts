// A decoder's attention to the encoder's states.

import { attention } from "@lowrank/engine";
import type { LinearSite } from "@lowrank/engine/hook-points";
import { joinHeads, splitHeads } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { Layer } from "../pass.ts";

export interface CrossAttentionOptions {
  /** Which entry of the key–value cache is this layer's. */
  readonly layer: number;
  readonly query: LinearSite;
  readonly key: LinearSite;
  readonly value: LinearSite;
  readonly output: LinearSite;
  readonly heads: number;
  /** Rate of dropout on the attention weights while training. */
  readonly dropout: number;
  /** Multiplies the scores; 1/√headSize unless given. */
  readonly scale?: number;
}

export function crossAttention(options: CrossAttentionOptions): Layer {
  const { layer, heads, output, dropout } = options;
  return (hidden, pass) =>
    tf.tidy(() => {
      const { context } = pass;
      const project = (site: LinearSite, x: tf.Tensor) => splitHeads(site.forward(x, context), heads);
      // Each [batch, heads, sourceTime, headSize].
      const make = () => ({ key: project(options.key, pass.source), value: project(options.value, pass.source) });
      const { key, value } = pass.cache?.ofSource(layer, make) ?? make();
      const query = project(options.query, hidden);
      const scale = options.scale ?? 1 / Math.sqrt(query.shape[3] ?? 1);
      const mask = pass.sourceMask();
      const inputs = { query, key, value, scale, ...(mask === undefined ? {} : { mask }) };
      const mixed = attention({ ...inputs, dropout: pass.draw(dropout, `${output.path}/attention`) });
      return output.forward(joinHeads(mixed), context);
    });
}
