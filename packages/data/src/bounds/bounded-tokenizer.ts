// The library's tokenizer, made so that a tokenizer.json from strangers can neither hang it nor fill the memory.

import { SequenceNormalizer, Tokenizer, Unigram } from "@huggingface/tokenizers";
import { isObject, type JsonObject } from "@lowrank/contracts";
import type { AddedToken } from "../added-tokens/add-tokens.ts";
import { useCharsmaps } from "../charsmap/use-charsmaps.ts";
import { TokenizationError, TokenizerError } from "../errors.ts";
import { boundGrowth, boundNormalizer } from "./bounded-growth.ts";
import { boundUnigram } from "./bounded-unigram.ts";
import { boundPatterns, checkNormalizerPatterns } from "./patterns/bound-patterns.ts";

type NormalizerConfig = ConstructorParameters<typeof SequenceNormalizer>[0]["normalizers"][number];

/** Throws TokenizerError; `json` is as `checkTokenizerJson` gives it. */
export function boundedTokenizer(json: JsonObject, config: JsonObject): Tokenizer {
  checkNormalizedTokens(json);
  const tokenizer = new Tokenizer(json, config);
  useCharsmaps(tokenizer.normalizer);
  boundPatterns(tokenizer);
  boundGrowth(tokenizer);
  if (tokenizer.model instanceof Unigram) boundUnigram(tokenizer.model);
  return tokenizer;
}

/** The library normalises added tokens while it is made, before anything of it can be bounded. */
function checkNormalizedTokens({ normalizer, added_tokens: tokens }: JsonObject): void {
  const normalized = (tokens as readonly AddedToken[]).filter(
    ({ normalized, special }) => normalized ?? special !== true,
  );
  if (!isObject(normalizer) || normalized.length === 0) return;
  // Its fields were checked.
  const apart = new SequenceNormalizer({ type: "Sequence", normalizers: [normalizer as unknown as NormalizerConfig] });
  useCharsmaps(apart);
  checkNormalizerPatterns(apart);
  boundNormalizer(apart);
  try {
    for (const { content } of normalized) apart.normalize(content);
  } catch (cause) {
    if (!(cause instanceof TokenizationError)) throw cause;
    throw new TokenizerError([`added_tokens: one of them cannot be normalised: ${cause.reason}`], { cause });
  }
}
