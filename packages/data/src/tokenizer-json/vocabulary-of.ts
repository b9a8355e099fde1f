// The tokens that a tokenizer's model has by itself, without those that were added.

import { isObject } from "@lowrank/contracts";

/** The id of each; `checkTokenizerJson` must have seen that they are texts with ids, or pieces in order of theirs. */
export function vocabularyOf(model: unknown): ReadonlyMap<string, number> {
  const vocab = isObject(model) ? model.vocab : undefined;
  if (Array.isArray(vocab)) return new Map(vocab.map(([piece]: [string], id) => [piece, id]));
  return new Map(Object.entries(vocab as Readonly<Record<string, number>>));
}
