// Checks the model of a tokenizer.json: its vocabulary, and the fields that its type needs.

import { isObject, type JsonObject } from "@lowrank/contracts/internal";
import { shown } from "./check-components.ts";

/** Published tokens have up to 256 characters: runs of spaces and dashes. */
const longestToken = 1024;
/** At each character, Unigram tries every piece that the text continues with. */
const longestPiece = 128;
/** All published WordPiece models have 100; the time grows with the square. */
const maxCharactersOfWord = 200;

export function modelProblems(model: unknown, maxTokens: number): string[] {
  if (!isObject(model)) return ["model: expected an object"];
  const problems = Array.isArray(model.vocab)
    ? [...pieceProblems(model.vocab, maxTokens), ...unknownProblems(model, model.vocab)]
    : vocabularyProblems(model.vocab, maxTokens);
  if (isObject(model.vocab) && (model.type === "BPE" || model.merges !== undefined)) {
    problems.push(...mergeProblems(model.merges, maxTokens), ...prefixProblems(model.continuing_subword_prefix));
  }
  return [...problems, ...fieldProblems(model)];
}

export function isId(value: unknown, maxTokens: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < maxTokens;
}

function vocabularyProblems(vocab: unknown, maxTokens: number): string[] {
  if (!isObject(vocab)) return ["model.vocab: expected tokens with their ids"];
  const entries = Object.entries(vocab);
  if (entries.length > maxTokens) return [`model.vocab: ${entries.length} tokens, more than ${maxTokens}`];
  const wrong = entries.filter(([token, id]) => !isId(id, maxTokens) || token.length > longestToken);
  const expected = `an id from 0 to ${maxTokens - 1} of a token of at most ${longestToken} characters`;
  return wrong.slice(0, 3).map(([token, id]) => {
    return `model.vocab[${JSON.stringify(token.slice(0, 40))}]: expected ${expected}, got ${shown(id)}`;
  });
}

function pieceProblems(pieces: readonly unknown[], maxTokens: number): string[] {
  if (pieces.length > maxTokens) return [`model.vocab: ${pieces.length} pieces, more than ${maxTokens}`];
  if (pieces.length === 0) return ["model.vocab: expected at least one piece"];
  const isPiece = (piece: unknown) => {
    if (!Array.isArray(piece) || piece.length !== 2) return false;
    const [text, score] = piece as readonly unknown[];
    return typeof text === "string" && text.length <= longestPiece && Number.isFinite(score);
  };
  const at = pieces.findIndex((piece) => !isPiece(piece));
  const expected = `a piece of at most ${longestPiece} characters and its finite score`;
  return at === -1 ? [] : [`model.vocab[${at}]: expected ${expected}`];
}

/** null means no unknown token in Rust; the library would use any other value as an id. */
function unknownProblems({ unk_id: id }: JsonObject, pieces: readonly unknown[]): string[] {
  if (id === undefined || id === null || isId(id, pieces.length)) return [];
  return [`model.unk_id: expected null or a whole number from 0 to ${pieces.length - 1}, got ${shown(id)}`];
}

function mergeProblems(merges: unknown, maxTokens: number): string[] {
  if (!Array.isArray(merges)) return ["model.merges: expected a list"];
  if (merges.length > maxTokens) return [`model.merges: ${merges.length} merges, more than ${maxTokens}`];
  const isMerge = (merge: unknown) =>
    typeof merge === "string" ||
    (Array.isArray(merge) && merge.length === 2 && merge.every((s) => typeof s === "string"));
  const at = merges.findIndex((merge) => !isMerge(merge));
  if (at !== -1) return [`model.merges[${at}]: expected two tokens`];
  // The library looks only at the form of the first merge.
  const other = merges.findIndex((merge) => Array.isArray(merge) !== Array.isArray(merges[0]));
  return other === -1 ? [] : [`model.merges[${other}]: expected the same form as model.merges[0]`];
}

/** The library's BPE ignores such a prefix, and would silently give other ids. */
function prefixProblems(prefix: unknown): string[] {
  if (prefix === undefined || prefix === null || prefix === "") return [];
  return [`model.continuing_subword_prefix: expected none, which alone is computed with BPE, got ${shown(prefix)}`];
}

const texts = ["unk_token", "continuing_subword_prefix", "continuing_subword_suffix", "end_of_word_suffix"] as const;
const flags = ["fuse_unk", "byte_fallback", "ignore_merges"] as const;

function fieldProblems(model: JsonObject): string[] {
  const wrongTexts = texts.filter((name) => !isMissing(model[name]) && !isShort(model[name]));
  const wrongFlags = flags.filter((name) => !isMissing(model[name]) && typeof model[name] !== "boolean");
  const max = model.max_input_chars_per_word;
  const isRight = isMissing(max) || (isId(max, maxCharactersOfWord + 1) && max !== 0);
  const expected = `a whole number from 1 to ${maxCharactersOfWord}`;
  return [
    ...wrongTexts.map((name) => `model.${name}: expected a text of at most 100 characters, got ${shown(model[name])}`),
    ...wrongFlags.map((name) => `model.${name}: expected true or false, got ${shown(model[name])}`),
    ...(isRight ? [] : [`model.max_input_chars_per_word: expected ${expected}, got ${shown(max)}`]),
  ];
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null;
}

function isShort(value: unknown): boolean {
  return typeof value === "string" && value.length <= 100;
}
