// Trained rows of an embedding (PEFT's `trainable_token_indices`): chosen tokens have their own vectors, which replace the frozen
// ones in the look-up, and in an output head that shares the embedding or has trained rows itself. The embedding, a model's
// largest weight, is never copied.

import type { Site } from "@lowrank/contracts";
import type { Adaptation, AdaptationCall } from "@lowrank/contracts/internal";
import { embeddingLookup } from "@lowrank/engine";
import { withGradients } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { siteKinds } from "../kinds/kinds.ts";

/** Options of `TokenRowsAdaptation`. */
export interface TokenRowsOptions {
  /** [tokens, width]; owned by the caller. */
  readonly rows: tf.Variable<tf.Rank.R2>;
  /** The token of each row, without duplicates. */
  readonly indices: readonly number[];
}

/** Replaces rows of an embedding, or columns of an output head [width, vocabulary]. */
export class TokenRowsAdaptation implements Adaptation {
  readonly rows: tf.Variable<tf.Rank.R2>;
  readonly indices: readonly number[];
  readonly variables: readonly tf.Variable[];

  constructor({ rows, indices }: TokenRowsOptions) {
    this.rows = rows;
    this.indices = indices;
    this.variables = [rows];
  }

  apply(call: AdaptationCall): tf.Tensor {
    return tf.tidy(() => (siteKinds[call.site.kind].tokenAxis === 0 ? this.#lookUp(call) : this.#score(call)));
  }

  /** The weight with the trained rows: an embedding [vocabulary, width] or a head's weight [width, vocabulary]. */
  fold(weight: tf.Tensor, kind: Site["kind"]): tf.Tensor {
    return tf.tidy(() =>
      siteKinds[kind].tokenAxis === 0
        ? replaceSlices(weight, this.rows, this.indices, 0)
        : replaceSlices(weight, tf.transpose(this.rows), this.indices, 1),
    );
  }

  /** Looks up exact rows. The row of the padding token is not trained. */
  #lookUp({ input, output, site }: AdaptationCall): tf.Tensor {
    const ids = tf.reshape(tf.cast(input, "int32"), [input.size, 1]);
    const tokens = tf.tensor2d([...this.indices], [1, this.indices.length], "int32");
    const chosen = tf.cast(tf.equal<tf.Tensor2D>(ids, tokens), "float32"); // [batch·time, tokens]
    const numbers = tf.tensor2d([...this.indices.keys()], [this.indices.length, 1]);
    const rowOfToken = tf.reshape(tf.matMul(chosen, numbers), input.shape); // 0 for all other tokens
    const paddingRow = this.indices.indexOf(site.paddingRow ?? -1);
    const rowStates = tf.mul(embeddingLookup(this.rows, rowOfToken, { paddingRow }), site.outputScale ?? 1);
    const isOwn = tf.reshape(tf.sum(chosen, 1), [...input.shape, 1]);
    return tf.where(tf.broadcastTo(tf.greater(isOwn, 0), output.shape), rowStates, output);
  }

  /** Logits [..., vocabulary]; those of the chosen tokens are computed from their own rows. */
  #score({ input, output, site, context }: AdaptationCall): tf.Tensor {
    const width = this.rows.shape[1];
    const flat = tf.reshape<tf.Rank.R2>(input, [input.size / width, width]);
    const product = tf.matMul(flat, this.rows, false, true); // [batch·time, tokens]
    const bias = site.values?.(context).bias;
    const picked = tf.tensor1d([...this.indices], "int32");
    const rowScores = bias === undefined ? product : tf.add(product, tf.gather(bias, picked));
    const scores = tf.reshape(output, [flat.shape[0], site.outFeatures]);
    return tf.reshape(replaceSlices(scores, rowScores, this.indices, 1), output.shape);
  }
}

/** `whole` with its slices at `indices` along `axis` replaced by those of `slices`. Differentiable for both. */
function replaceSlices(whole: tf.Tensor, slices: tf.Tensor, indices: readonly number[], axis: 0 | 1): tf.Tensor {
  const size = whole.shape[axis] ?? 0;
  return withGradients({
    inputs: { whole, slices },
    forward: () => {
      const order = Int32Array.from({ length: size }, (_, index) => index);
      indices.forEach((index, slice) => {
        order[index] = size + slice;
      });
      const value = tf.gather(tf.concat([whole, slices], axis), tf.tensor1d(order, "int32"), axis);
      return { value, saved: [] };
    },
    backward: (dy) => ({
      whole: () => {
        const keepMask = Float32Array.from({ length: size }, () => 1);
        for (const index of indices) keepMask[index] = 0;
        return tf.mul(dy, tf.tensor(keepMask, axis === 0 ? [size, 1] : [1, size]));
      },
      slices: () => tf.gather(dy, tf.tensor1d([...indices], "int32"), axis),
    }),
  });
}
