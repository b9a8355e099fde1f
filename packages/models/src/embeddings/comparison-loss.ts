// The loss of a batch of texts that are compared, by its name.

import type { LowrankError } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../errors.ts";
import { gistLoss } from "./gist-loss.ts";
import { type Matryoshka, matryoshkaLoss } from "./matryoshka.ts";
import { cosineLoss, orderLoss, type Ranked, rankingLoss, tripletLoss } from "./sentence-losses.ts";

/** The losses of embeddings: `rankingLoss`, `gistLoss` and `tripletLoss` for related texts, `orderLoss` and `cosineLoss` for scored pairs. */
export type ComparisonLoss = (typeof comparisonLosses)[number];

/** All of them. */
export const comparisonLosses = ["ranking", "gist", "triplet", "order", "cosine"] as const;

/** The embeddings of a batch. */
export interface ComparedEmbeddings {
  /** [columns · rows, width]: all first texts, then all second ones … */
  readonly embeddings: tf.Tensor2D;
  readonly columns: number;
  /** The similarity score of each row's two texts. */
  readonly similarities?: readonly number[] | undefined;
  /** The guide's embeddings for the loss "gist": [columns · rows, any width], which get no gradient. */
  readonly guide?: tf.Tensor2D | undefined;
  /** The ranking loss computes the scores of this many first texts at a time; default all. */
  readonly miniBatchSize?: number | undefined;
  /** Sums the loss over several numbers of first dimensions. */
  readonly matryoshka?: Matryoshka | undefined;
}

/**
 * The mean over the rows. The caller owns the result.
 *
 * @throws MODEL_INPUT for a loss that needs scores, or another number of texts, than the batch has.
 */
export function comparisonLoss(loss: ComparisonLoss, { matryoshka, ...compared }: ComparedEmbeddings): tf.Scalar {
  const { embeddings, columns, similarities: scores, guide, miniBatchSize: anchorsAtOnce } = compared;
  if (matryoshka !== undefined)
    return matryoshkaLoss(embeddings, matryoshka, (shorter) =>
      comparisonLoss(loss, { ...compared, embeddings: shorter }),
    );
  return tf.tidy(() => {
    if (columns < 2) throw wrong(loss, "two texts a row", `${columns}`);
    const columnsOfTexts = ranked(embeddings, columns);
    const { anchors: first, positives: second, negatives: [third] = [] } = columnsOfTexts;
    if (loss === "gist") {
      if (guide === undefined) throw wrong(loss, "the guide's embeddings", "none");
      return gistLoss(columnsOfTexts, ranked(guide, columns));
    }
    if (loss === "ranking") return rankingLoss(columnsOfTexts, { anchorsAtOnce });
    if (loss === "triplet") {
      if (third === undefined || columns !== 3) throw wrong(loss, "three texts a row", `${columns}`);
      return tripletLoss({ anchors: first, positives: second, negatives: third });
    }
    if (scores === undefined || columns !== 2) throw wrong(loss, "two texts a row with a score", `${columns} without`);
    return (loss === "order" ? orderLoss : cosineLoss)({ first, second, scores });
  });
}

/** The columns of a batch of related texts. */
function ranked(embeddings: tf.Tensor2D, columns: number): Ranked {
  const [anchors, positives, ...negatives] = tf.split(embeddings, columns, 0) as [tf.Tensor2D, tf.Tensor2D];
  return { anchors, positives, negatives };
}

function wrong(loss: ComparisonLoss, expected: string, got: string): LowrankError {
  return modelInputError("embeddings", `the loss "${loss}" needs ${expected}, got ${got}`);
}
