// From ids to the first hidden states: embeddings of tokens, and learned ones of positions and segments if a family has them.

import type { EmbeddingSite, LinearSite } from "@lowrank/engine/hook-points";
import { uniform } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { Norm } from "../norm.ts";
import type { Pass } from "../pass.ts";

export interface TokenEmbeddingOptions {
  readonly tokens: EmbeddingSite;
  /** Between the looked-up tokens and the positions: OPT's narrow embeddings. */
  readonly project?: LinearSite | undefined;
  readonly positions?: EmbeddingSite | undefined;
  /** Row of the first position. */
  readonly positionOffset?: number;
  /** Computed position embeddings, [batch or 1, time, width], for families without learned ones. */
  readonly computedPositions?: ((pass: Pass) => tf.Tensor) | undefined;
  readonly tokenTypes?: EmbeddingSite | undefined;
  readonly norm?: Norm | undefined;
  readonly dropout?: { readonly rate: number; readonly path: string };
}

/** Returns [batch, time, width]. */
export function tokenEmbedding(options: TokenEmbeddingOptions): (pass: Pass) => tf.Tensor {
  const { tokens, project, positions, positionOffset = 0, computedPositions, tokenTypes, norm, dropout } = options;
  return (pass) =>
    tf.tidy(() => {
      const { inputs, context } = pass;
      const looked = withNoise(tokens.forward(pass.inputIds, context), pass);
      const parts = [project === undefined ? looked : project.forward(looked, context)];
      if (tokenTypes !== undefined) {
        const ids = inputs.tokenTypeIds ?? tf.zerosLike(pass.inputIds);
        parts.push(tokenTypes.forward(ids, context));
      }
      if (positions !== undefined) {
        const rows = tf.add(pass.positionIds(), tf.scalar(positionOffset, "int32"));
        parts.push(positions.forward(rows, context));
      }
      if (computedPositions !== undefined) parts.push(computedPositions(pass));
      const sum = parts.reduce((total, part) => tf.add(total, part));
      const normed = norm === undefined ? sum : norm.forward(sum, context);
      return dropout === undefined ? normed : pass.drop(normed, dropout.rate, dropout.path);
    });
}

// NEFTune (Jain et al. 2024): noise on the embeddings of tokens while training, so that a small data set is not learned by heart.
// Each number gets noise drawn uniformly from ±alpha / √(time · width). time is the text's length, as in the
// paper. TRL also counts the padding, so that a row's noise depends on the other rows of its batch.

/** Adds noise to embedded tokens [batch, time, width]; outside of training or without noise, they stay the same. */
export function withNoise(embedded: tf.Tensor, pass: Pass): tf.Tensor {
  const { training, embeddingNoise = 0, random } = pass.context;
  if (!training || embeddingNoise === 0) return embedded;
  const [batch = 0, time = 0, width = 1] = embedded.shape;
  const bounds = lengthsOf(pass, [batch, time]).map(
    (length) => embeddingNoise / Math.sqrt(Math.max(1, length) * width),
  );
  const noise = uniform(embedded.shape, -1, 1, { ...random, path: "embedding noise" });
  return tf.add(embedded, tf.mul(noise, tf.tensor3d(bounds, [batch, 1, 1])));
}

/** The number of tokens of each row's text. */
function lengthsOf({ inputs }: Pass, [batch, time]: readonly [number, number]): readonly number[] {
  const { groups, attentionMask } = inputs;
  if (groups !== undefined) return groups.flatMap((group) => Array<number>(group.rows * group.time).fill(group.time));
  if (attentionMask === undefined) return Array<number>(batch).fill(time);
  const isText = Array.from(attentionMask.dataSync());
  return Array.from({ length: batch }, (_, row) => {
    return isText.slice(row * time, (row + 1) * time).reduce((sum, mask) => sum + mask, 0);
  });
}
