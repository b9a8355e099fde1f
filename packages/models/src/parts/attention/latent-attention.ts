// Latent attention (DeepSeek-AI 2024, DeepSeek-V2, section 2.1): keys and values of all heads come from one narrow state, and one rotated
// key is part of every head's. Cached are the heads' own keys and values, as for any attention.

import type { LinearSite } from "@lowrank/engine/hook-points";
import * as tf from "@tensorflow/tfjs-core";
import type { Norm } from "../norm.ts";
import type { Pass } from "../pass.ts";
import type { Projection, SelfAttentionOptions } from "./attention-options.ts";

export interface LatentAttentionOptions {
  /** Gives queries, or a narrow state whose norm the second projection reads. */
  readonly query: LinearSite;
  readonly queryNorm?: Norm | undefined;
  readonly wideQuery?: LinearSite | undefined;
  /** Gives the narrow state of keys and values, then the key that rotates. */
  readonly narrow: LinearSite;
  readonly norm: Norm;
  /** From the narrow state to each head's key, which does not rotate, and its value. */
  readonly wide: LinearSite;
  readonly output: LinearSite;
  readonly heads: number;
  readonly rotatingSize: number;
  readonly plainSize: number;
  readonly valueSize: number;
}

/**
 * Queries and keys have the part that rotates in front, which changes no score. All three are filled with zeros to the same width, which
 * the output leaves out again.
 */
export function latentAttention(
  options: LatentAttentionOptions,
): Pick<SelfAttentionOptions, "project" | "output" | "heads"> {
  const { narrow, norm, wide, output, heads, rotatingSize, plainSize, valueSize } = options;
  const size = Math.max(rotatingSize + plainSize, valueSize);
  const byHead = (x: tf.Tensor) => tf.reshape(x, [x.shape[0] ?? 0, x.shape[1] ?? 0, heads, -1]);
  const filled = (x: tf.Tensor) => {
    const missing = size - (x.shape[3] ?? 0);
    const padded =
      missing === 0
        ? x
        : tf.pad(x, [
            [0, 0],
            [0, 0],
            [0, 0],
            [0, missing],
          ]);
    return tf.reshape(padded, [x.shape[0] ?? 0, x.shape[1] ?? 0, heads * size]);
  };
  // Each of two sizes gives a part.
  const split = (x: tf.Tensor, sizes: [number, number]) => tf.split(x, sizes, -1) as [tf.Tensor, tf.Tensor];
  const project: Projection = (hidden, pass) => {
    const { context } = pass;
    const [plain, rotating] = split(byHead(queries(hidden, options, pass)), [plainSize, rotatingSize]);
    const [state, key] = split(narrow.forward(hidden, context), [narrow.outFeatures - rotatingSize, rotatingSize]);
    const [keys, values] = split(byHead(wide.forward(norm.forward(state, context), context)), [plainSize, valueSize]);
    const ofAll = tf.tile(tf.expandDims(key, 2), [1, 1, heads, 1]);
    return {
      query: filled(tf.concat([rotating, plain], 3)),
      key: filled(tf.concat([ofAll, keys], 3)),
      value: filled(values),
    };
  };
  return {
    project,
    heads,
    output: {
      path: output.path,
      forward: (mixed, context) => {
        const part = tf.slice(byHead(mixed), [0, 0, 0, 0], [-1, -1, -1, valueSize]);
        return output.forward(tf.reshape(part, [mixed.shape[0] ?? 0, mixed.shape[1] ?? 0, heads * valueSize]), context);
      },
    },
  };
}

function queries(hidden: tf.Tensor, { query, queryNorm, wideQuery }: LatentAttentionOptions, pass: Pass): tf.Tensor {
  const first = query.forward(hidden, pass.context);
  if (queryNorm === undefined || wideQuery === undefined) return first;
  return wideQuery.forward(queryNorm.forward(first, pass.context), pass.context);
}
