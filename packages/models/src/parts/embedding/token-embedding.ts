// From ids to the first hidden states: tokens, and where a family learns them, positions and segments.

import type { EmbeddingSite, LinearSite } from "@lowrank/engine/doors";
import * as tf from "@tensorflow/tfjs-core";
import type { Norm } from "../norm.ts";
import type { Pass } from "../pass.ts";
import { withNoise } from "./embedding-noise.ts";

export interface TokenEmbeddingOptions {
  readonly tokens: EmbeddingSite;
  /** Between the looked-up tokens and the positions: OPT's narrow embeddings. */
  readonly project?: LinearSite | undefined;
  readonly positions?: EmbeddingSite | undefined;
  /** Row of the first position. */
  readonly positionOffset?: number;
  /** Where nothing learns them: what each position adds, [batch or 1, time, width]. */
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
        const rows = tf.add(positionTensor(pass), tf.scalar(positionOffset, "int32"));
        parts.push(positions.forward(rows, context));
      }
      if (computedPositions !== undefined) parts.push(computedPositions(pass));
      const sum = parts.reduce((total, part) => tf.add(total, part));
      const normed = norm === undefined ? sum : norm.forward(sum, context);
      return dropout === undefined ? normed : pass.drop(normed, dropout.rate, dropout.path);
    });
}

/** int32 [batch, time]: an adaptation by rows needs the batch axis even where all rows have the same positions. */
export function positionTensor({ inputs, inputIds }: Pass): tf.Tensor2D {
  const [batch, time] = inputIds.shape;
  const rows = inputs.positions.length === batch ? inputs.positions : Array(batch).fill(inputs.positions[0]);
  return tf.tensor2d(rows.flat(), [batch, time], "int32");
}
