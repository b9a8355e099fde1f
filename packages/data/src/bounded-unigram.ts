// Unigram models take whole texts for words: what goes wrong with long ones, and with texts that they have no piece for.

import type { Unigram } from "@huggingface/tokenizers";
import { TokenizationError } from "./errors.ts";

/** Pieces that are weighed for one text, of some 150 bytes each; a megabyte of English has four million. */
const mostCandidates = 2 ** 23;
/** No text of so many characters has more, as pieces have at most 128. */
const shortText = 2 ** 16;

/** Makes the model refuse by TokenizationError what it cannot do. */
export function boundUnigram(model: Unigram): void {
  const hasUnknown = typeof model.unk_token_id === "number";
  // The library's own gives all pieces of a word as arguments of one call, of which there may not be so many.
  model.encode = (words) =>
    words.flatMap((word) => {
      if (word.length > shortText) checkCandidates(word, model);
      const pieces = model.tokenize(word);
      if (!hasUnknown) checkKnown(pieces, model);
      return pieces;
    });
}

function checkCandidates(word: string, { trie }: Unigram): void {
  const characters = [...word];
  let count = characters.length;
  for (let start = 0; start < characters.length; start += 1) {
    for (const _ of trie.common_prefix_search(characters, start)) count += 1;
    if (count > mostCandidates) {
      throw new TokenizationError(
        `the text has more than ${mostCandidates} candidates for its pieces.`,
        mostCandidates,
      );
    }
  }
}

/** Without an unknown piece Rust refuses what it has no piece for; the library gives it no id. */
function checkKnown(pieces: readonly string[], { tokens_to_ids: ids }: Unigram): void {
  const unknown = pieces.find((piece) => !ids.has(piece));
  if (unknown === undefined) return;
  const text = JSON.stringify(unknown.slice(0, 20));
  throw new TokenizationError(`the vocabulary has no piece for ${text}, and model.unk_id names no unknown one.`);
}
