// Attention in a batch without padding: rows of equal length together, so that nobody has to be hidden from anybody.

import { joinHeads, splitHeads } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import type { Pass } from "../pass.ts";

/** Each [tokens, heads, 1, headSize], or [batch, heads, time, headSize]. */
export interface Heads {
  readonly query: tf.Tensor;
  readonly key: tf.Tensor;
  readonly value: tf.Tensor;
}

/** What `attend` makes of each group's heads under the group's own pass, in the order of the tokens: [tokens, 1, heads·headSize]. */
export function attendInGroups(heads: Heads, pass: Pass, attend: (heads: Heads, own: Pass) => tf.Tensor): tf.Tensor {
  const { groups } = pass;
  const sizes = groups.map(({ shape: [rows, time] }) => rows * time);
  const parts = {
    query: tf.split(heads.query, sizes, 0),
    key: tf.split(heads.key, sizes, 0),
    value: tf.split(heads.value, sizes, 0),
  };
  const mixed = groups.map((own, index) => {
    const [rows, time] = own.shape;
    const of = (name: keyof Heads) => {
      // Sizes were asked for, one a group.
      const part = parts[name][index] as tf.Tensor; // [rows·time, heads, 1, headSize]
      const count = part.shape[1] ?? 1;
      return splitHeads(tf.reshape(part, [rows, time, part.size / (rows * time)]), count);
    };
    const output = joinHeads(attend({ query: of("query"), key: of("key"), value: of("value") }, own));
    return tf.reshape(output, [rows * time, 1, output.shape[2] ?? 1]);
  });
  return mixed.length === 1 ? (mixed[0] as tf.Tensor) : tf.concat(mixed, 0);
}
