// The tokens of a tokenizer's model, without added tokens.

import { isObject } from "@lowrank/contracts/internal";

/** The id of each token. The model must have passed `checkTokenizerJson`: tokens with ids, or pieces in order of their ids. */
export function vocabularyOf(model: unknown): ReadonlyMap<string, number> {
  const vocab = isObject(model) ? model.vocab : undefined;
  if (Array.isArray(vocab)) return new Map(vocab.map(([piece]: [string], id) => [piece, id]));
  return new Map(Object.entries(vocab as Readonly<Record<string, number>>));
}
