// The library's tokenizer with limits, so that an untrusted tokenizer.json can neither hang it nor fill the memory.

import { SequenceNormalizer, Tokenizer, Unigram } from "@huggingface/tokenizers";
import { isObject, type JsonObject } from "@lowrank/contracts/internal";
import type { AddedToken } from "../added-tokens/add-tokens.ts";
import { useCharsmaps } from "../charsmap/charsmap.ts";
import { TokenizationError, tokenizerError } from "../errors.ts";
import { boundGrowth, boundNormalizer } from "./bounded-growth.ts";
import { boundPatterns, checkNormalizerPatterns } from "./patterns/bound-patterns.ts";

type NormalizerConfig = ConstructorParameters<typeof SequenceNormalizer>[0]["normalizers"][number];

/** Builds it from the result of `checkTokenizerJson`. Throws TOKENIZER_INVALID. */
export function boundedTokenizer(json: JsonObject, config: JsonObject): Tokenizer {
  checkNormalizedTokens(json);
  const tokenizer = new Tokenizer(json, config);
  useCharsmaps(tokenizer.normalizer);
  boundPatterns(tokenizer);
  boundGrowth(tokenizer);
  if (tokenizer.model instanceof Unigram) boundUnigram(tokenizer.model);
  return tokenizer;
}

/** Checks added tokens beforehand: the library normalizes them in its constructor, before limits can be installed. */
function checkNormalizedTokens({ normalizer, added_tokens: tokens }: JsonObject): void {
  const normalized = (tokens as readonly AddedToken[]).filter(
    ({ normalized, special }) => normalized ?? special !== true,
  );
  if (!isObject(normalizer) || normalized.length === 0) return;
  // `checkTokenizerJson` has checked its fields.
  const probe = new SequenceNormalizer({ type: "Sequence", normalizers: [normalizer as unknown as NormalizerConfig] });
  useCharsmaps(probe);
  checkNormalizerPatterns(probe);
  boundNormalizer(probe);
  try {
    for (const { content } of normalized) probe.normalize(content);
  } catch (cause) {
    if (!(cause instanceof TokenizationError)) throw cause;
    throw tokenizerError([`added_tokens: a token cannot be normalized: ${cause.reason}`], { cause });
  }
}

/** Maximum candidate pieces of one text. Each takes about 150 bytes; a megabyte of English has four million. */
const maxCandidates = 2 ** 23;
/** Maximum pairs of adjacent candidates, which are all compared. */
const maxPairs = 2 ** 26;

/** Makes the model throw TokenizationError for texts that take too much work, or have no piece. */
function boundUnigram(model: Unigram): void {
  const hasUnknown = typeof model.unk_token_id === "number";
  let max: number | undefined;
  // The library passes all pieces of a word as arguments of one call, and JavaScript limits their number.
  model.encode = (words) =>
    words.flatMap((word) => {
      max ??= maxAtOnePosition(model.trie.root);
      if (word.length * max > maxCandidates || word.length * max ** 2 > maxPairs) checkCandidates(word, model);
      const pieces = model.tokenize(word);
      if (!hasUnknown) checkKnown(pieces, model);
      return pieces;
    });
}

/** Maximum number of pieces that can start at one position of a text. */
function maxAtOnePosition(node: Unigram["trie"]["root"]): number {
  let max = 0;
  for (const child of node.children.values()) max = Math.max(max, maxAtOnePosition(child));
  return max + (node.is_leaf ? 1 : 0);
}

function checkCandidates(word: string, { trie }: Unigram): void {
  const characters = [...word];
  const ending = new Uint16Array(characters.length + 1);
  let [candidates, pairs] = [0, 0];
  for (let start = 0; start < characters.length; start += 1) {
    let starting = 1;
    for (const piece of trie.common_prefix_search(characters, start)) {
      ending[start + [...piece].length] = (ending[start + [...piece].length] ?? 0) + 1;
      starting += 1;
    }
    candidates += starting;
    pairs += starting * (1 + (ending[start] ?? 0));
    const limit = candidates > maxCandidates ? maxCandidates : maxPairs;
    if (candidates <= maxCandidates && pairs <= maxPairs) continue;
    throw new TokenizationError(`the text has more than ${limit} candidates for its pieces.`, limit);
  }
}

/** Without an unknown piece, Rust refuses text that has no piece; the library returns no id. */
function checkKnown(pieces: readonly string[], { tokens_to_ids: ids }: Unigram): void {
  const unknown = pieces.find((piece) => !ids.has(piece));
  if (unknown === undefined) return;
  const text = JSON.stringify(unknown.slice(0, 20));
  throw new TokenizationError(`the vocabulary has no piece for ${text}, and tokenizer.json has no model.unk_id.`);
}
