// tokenizer.json comes from strangers: what the tokenizer library takes on trust is checked here first, all of it at
// once, and what it would get wrong is rewritten.

import { TokenizerError } from "./errors.ts";
import { isObject, type JsonObject } from "./json-object.ts";
import { rewriteNormalizer, rewritePostProcessor, rewritePreTokenizer } from "./rewrite-tokenizer.ts";

/** Bounds on a tokenizer. The defaults fit every published one (Gemma 3: 262 144 tokens) several times over. */
export interface TokenizerLimits {
  /** Largest number of tokens, and so the largest id; default 4 194 304. */
  readonly maxTokens?: number;
  /** Longest regular expression in characters; default 4096. */
  readonly maxPatternLength?: number;
}

const requiredParts = ["normalizer", "pre_tokenizer", "post_processor", "decoder"] as const;

/** A copy of the tokenizer JSON that the library builds a right tokenizer from; throws TokenizerError. */
export function checkTokenizerJson(json: unknown, limits: TokenizerLimits = {}): JsonObject {
  if (!isObject(json)) throw new TokenizerError(["tokenizer.json: expected an object"]);
  const maxTokens = limits.maxTokens ?? 2 ** 22;
  const problems = [
    ...modelProblems(json.model, maxTokens),
    ...addedTokenProblems(json.added_tokens ?? [], maxTokens),
    ...requiredParts.flatMap((part) => partProblems(json[part], part)),
    ...patternProblems(json, limits.maxPatternLength ?? 4096),
  ];
  if (problems.length > 0) throw new TokenizerError(problems);
  return {
    ...json,
    ...Object.fromEntries(requiredParts.map((part) => [part, json[part] ?? null])),
    added_tokens: json.added_tokens ?? [],
    normalizer: rewriteNormalizer(json.normalizer ?? null),
    pre_tokenizer: rewritePreTokenizer(json.pre_tokenizer ?? null),
    post_processor: rewritePostProcessor(json.post_processor ?? null),
  };
}

function isId(value: unknown, maxTokens: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < maxTokens;
}

function modelProblems(model: unknown, maxTokens: number): string[] {
  if (!isObject(model)) return ["model: expected an object"];
  if (Array.isArray(model.vocab)) return pieceProblems(model.vocab, maxTokens);
  if (!isObject(model.vocab)) return ["model.vocab: expected tokens with their ids"];
  const entries = Object.entries(model.vocab);
  if (entries.length > maxTokens) return [`model.vocab: ${entries.length} tokens, more than ${maxTokens}`];
  const wrong = entries.filter(([, id]) => !isId(id, maxTokens));
  const problems = wrong.slice(0, 3).map(([token]) => {
    return `model.vocab[${JSON.stringify(token.slice(0, 40))}]: expected an id from 0 to ${maxTokens - 1}`;
  });
  if (model.type === "BPE" || model.merges !== undefined) {
    problems.push(...mergeProblems(model.merges), ...prefixProblems(model.continuing_subword_prefix));
  }
  return problems;
}

function pieceProblems(pieces: readonly unknown[], maxTokens: number): string[] {
  if (pieces.length > maxTokens) return [`model.vocab: ${pieces.length} pieces, more than ${maxTokens}`];
  const isPiece = (piece: unknown) =>
    Array.isArray(piece) && typeof piece[0] === "string" && typeof piece[1] === "number";
  const at = pieces.findIndex((piece) => !isPiece(piece));
  return at === -1 ? [] : [`model.vocab[${at}]: expected a piece and its score`];
}

function mergeProblems(merges: unknown): string[] {
  if (!Array.isArray(merges)) return ["model.merges: expected a list"];
  const isMerge = (merge: unknown) =>
    typeof merge === "string" ||
    (Array.isArray(merge) && merge.length === 2 && merge.every((s) => typeof s === "string"));
  const at = merges.findIndex((merge) => !isMerge(merge));
  return at === -1 ? [] : [`model.merges[${at}]: expected two tokens`];
}

/** The library's BPE has no such prefix: it would give other ids without a word. */
function prefixProblems(prefix: unknown): string[] {
  if (prefix === undefined || prefix === null || prefix === "") return [];
  const got = JSON.stringify(prefix).slice(0, 40);
  return [`model.continuing_subword_prefix: expected none, which alone is computed with BPE, got ${got}`];
}

function addedTokenProblems(tokens: unknown, maxTokens: number): string[] {
  if (!Array.isArray(tokens)) return ["added_tokens: expected a list"];
  const isToken = (token: unknown) =>
    isObject(token) && typeof token.content === "string" && token.content !== "" && isId(token.id, maxTokens);
  const at = tokens.findIndex((token) => !isToken(token));
  return at === -1 ? [] : [`added_tokens[${at}]: expected a content and an id from 0 to ${maxTokens - 1}`];
}

function partProblems(part: unknown, name: string): string[] {
  if (part === null || part === undefined || (isObject(part) && typeof part.type === "string")) return [];
  return [`${name}: expected null or an object with a type`];
}

/** Finds every {"Regex": …}; one that is very long or no string is refused. */
function patternProblems(json: JsonObject, maxLength: number): string[] {
  const problems: string[] = [];
  const visit = (value: unknown, at: string, depth: number): void => {
    if (depth > 16) {
      problems.push(`${at}: nested too deeply`);
      return;
    }
    if (Array.isArray(value)) for (const [index, entry] of value.entries()) visit(entry, `${at}[${index}]`, depth + 1);
    if (!isObject(value)) return;
    for (const [key, entry] of Object.entries(value)) {
      const isPattern = key === "Regex" && typeof entry === "string" && entry.length <= maxLength;
      if (key === "Regex" && !isPattern)
        problems.push(`${at}.Regex: expected a pattern of at most ${maxLength} characters`);
      visit(entry, `${at}.${key}`, depth + 1);
    }
  };
  for (const part of requiredParts) visit(json[part], part, 0);
  return problems.slice(0, 10);
}
