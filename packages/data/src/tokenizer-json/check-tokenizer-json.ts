// Checks a tokenizer.json, which may be hostile, before the tokenizer library reads it, and reports all problems at once. Parts
// that the library would read wrongly are rewritten.

import type { OptionNames } from "@lowrank/contracts/internal";
import { isObject, type JsonObject } from "@lowrank/contracts/internal";
import { tokenizerError } from "../errors.ts";
import { componentProblems, shown } from "./check-components.ts";
import { isId, modelProblems } from "./check-model.ts";
import { rewriteDecoder, rewriteNormalizer, rewritePostProcessor, rewritePreTokenizer } from "./rewrite-tokenizer.ts";

/** Bounds on a tokenizer. The defaults fit every published one (Gemma 3: 262 144 tokens) several times over. */
export interface TokenizerLimits {
  /** Maximum number of tokens, and so the largest id; default 4 194 304. */
  readonly maxTokens?: number;
  /** Longest regular expression in characters; default 4096. */
  readonly maxPatternLength?: number;
}

export const limitNames: OptionNames<TokenizerLimits> = { maxTokens: true, maxPatternLength: true };

const componentNames = ["normalizer", "pre_tokenizer", "post_processor", "decoder"] as const;

/** The library searches for added tokens character by character from each position of a text. */
const longestAddedToken = 512;
/** And through all of them for each token that it decodes. */
const maxAddedTokens = 2 ** 17;

/** A copy of the tokenizer JSON that the library builds a right tokenizer from; throws TOKENIZER_INVALID. */
export function checkTokenizerJson(json: unknown, limits: TokenizerLimits = {}): JsonObject {
  if (!isObject(json)) throw tokenizerError(["tokenizer.json: expected an object"]);
  const maxTokens = limits.maxTokens ?? 2 ** 22;
  const ofModel = modelProblems(json.model, maxTokens);
  // The contents of a broken vocabulary are unknown.
  const checkable = ofModel.length === 0 ? json : { ...json, model: undefined };
  const problems = [
    ...ofModel,
    ...addedTokenProblems(json.added_tokens ?? [], maxTokens),
    ...componentNames.flatMap((name) => componentProblems(checkable, name, limits.maxPatternLength ?? 4096)),
  ];
  if (problems.length > 0) throw tokenizerError(problems);
  return {
    ...json,
    added_tokens: json.added_tokens ?? [],
    normalizer: rewriteNormalizer(json.normalizer ?? null),
    pre_tokenizer: rewritePreTokenizer(json.pre_tokenizer ?? null),
    post_processor: rewritePostProcessor(json.post_processor ?? null),
    decoder: rewriteDecoder(json.decoder ?? null),
  };
}

function addedTokenProblems(tokens: unknown, maxTokens: number): string[] {
  if (!Array.isArray(tokens)) return ["added_tokens: expected a list"];
  if (tokens.length > maxAddedTokens) return [`added_tokens: ${tokens.length} tokens, more than ${maxAddedTokens}`];
  const flags = ["single_word", "lstrip", "rstrip", "normalized", "special"] as const;
  const expected = `a content of at most ${longestAddedToken} characters and an id from 0 to ${maxTokens - 1}`;
  return tokens.flatMap((token: unknown, index) => {
    if (!isObject(token)) return [`added_tokens[${index}]: expected ${expected}, got ${shown(token)}`];
    const { content, id } = token;
    const isRight = typeof content === "string" && content !== "" && content.length <= longestAddedToken;
    const wrong = flags.filter((flag) => typeof (token[flag] ?? false) !== "boolean");
    return [
      ...(isRight && isId(id, maxTokens)
        ? []
        : [`added_tokens[${index}]: expected ${expected}, got ${shown(content)}, ${shown(id)}`]),
      ...wrong.map((flag) => `added_tokens[${index}].${flag}: expected true or false, got ${shown(token[flag])}`),
    ];
  });
}
