// Pairs prompts with the answers of other rows, by which KTO estimates the KL divergence between model and reference.

import { ignoredLabel, type TokenSequence } from "../tokenized-example.ts";
import { padBatch, type TokenBatch } from "./pad-batch.ts";

/**
 * Each row's prompt with the answer of the row before it; the first row gets the answer of the last. All answers are from the
 * batch, as in the paper and in TRL.
 */
export function mismatchedCompletions(batch: TokenBatch, padId: number): TokenBatch {
  const rows = Array.from({ length: batch.rows }, (_, row) => partsOf(batch, row));
  const mixed = rows.map(({ prompt }, row): TokenSequence => {
    const { answer = [] } = rows.at(row - 1) ?? {};
    return {
      kind: "sequence",
      inputIds: [...prompt, ...answer],
      labels: [...prompt.map(() => ignoredLabel), ...answer],
    };
  });
  return padBatch(mixed, { padId });
}

/** A row's tokens before the first label, and from there on. */
function partsOf({ inputIds, attentionMask, labels, time }: TokenBatch, row: number) {
  const columnOf = (values: ArrayLike<number>) => Array.from({ length: time }, (_, t) => values[row * time + t] ?? 0);
  const length = columnOf(attentionMask).lastIndexOf(1) + 1;
  const ids = columnOf(inputIds).slice(0, length);
  const first = columnOf(labels).findIndex((label) => label !== ignoredLabel);
  const start = first < 0 ? length : first;
  return { prompt: ids.slice(0, start), answer: ids.slice(start) };
}
