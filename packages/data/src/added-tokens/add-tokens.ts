// Adds tokens to a tokenizer.json, with the same ids and entries as transformers' `tokenizer.add_tokens` (Rust's
// `AddedVocabulary::add_tokens`, tokenizers 0.23).

import { isObject, type OptionNames } from "@lowrank/contracts/internal";
import { addedTokensError, type TokenProblem, tokenizerError } from "../errors.ts";
import { checkTokenizerJson } from "../tokenizer-json/check-tokenizer-json.ts";
import { vocabularyOf } from "../tokenizer-json/vocabulary-of.ts";

/** How tokens are added. */
export interface AddTokensOptions {
  /** Whether they are special tokens: found before the text is normalized, and left out of decoded text. Default false. */
  readonly special?: boolean;
}

export const addTokensNames: OptionNames<AddTokensOptions> = { special: true };

/** An entry of `added_tokens`; other fields define how it is matched. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly [field: string]: unknown;
}

/** A tokenizer.json with more tokens. */
export interface WithTokens {
  readonly json: Readonly<Record<string, unknown>>;
  /** The id of each given token, in the same order. */
  readonly ids: readonly number[];
  /** The ids of the new tokens. */
  readonly newIds: readonly number[];
  /** The new entries of `added_tokens`. */
  readonly added: readonly AddedToken[];
}

/**
 * A tokenizer.json with the tokens at the end of its vocabulary. A token of the model keeps its id, and is never split from
 * now on; a token that was added before stays as it is.
 *
 * @throws TOKENIZER_INVALID for an invalid tokenizer.json; TOKENS_NOT_ADDABLE naming every token that cannot be added
 */
export function addTokens(
  tokenizerJson: unknown,
  tokens: readonly string[],
  { special = false }: AddTokensOptions = {},
): WithTokens {
  const { model, added_tokens } = checkTokenizerJson(tokenizerJson);
  checkKind(model);
  checkNewTokens(tokens);
  // checkTokenizerJson has checked these types.
  const [json, before] = [tokenizerJson as WithTokens["json"], added_tokens as readonly AddedToken[]];
  const idOfToken = new Map(before.map(({ content, id }) => [content, id]));
  const ofModel = vocabularyOf(model);
  const first = before.reduce((max, { id }) => Math.max(max, id + 1), ofModel.size);
  let next = first;
  const added: AddedToken[] = [];
  const ids = tokens.map((content) => {
    const old = idOfToken.get(content);
    if (old !== undefined) return old;
    const id = ofModel.get(content) ?? next++;
    added.push({ id, content, ...foundAnywhere, normalized: !special, special });
    return id;
  });
  refuseTaken(added, ofModel);
  const all = [...before, ...added].sort((one, other) => one.id - other.id);
  return { json: { ...json, added_tokens: all }, ids, newIds: ids.filter((id) => id >= first), added };
}

/** Files from before 2020 have no type. */
const kinds: readonly unknown[] = ["BPE", "WordPiece", "WordLevel", "Unigram", undefined];

function checkKind(model: unknown): void {
  const type = isObject(model) ? model.type : undefined;
  if (kinds.includes(type)) return;
  const expected = "tokens can be added to BPE, WordPiece, WordLevel or Unigram";
  throw tokenizerError([`model.type: ${expected}, got ${JSON.stringify(type)}`]);
}

const foundAnywhere = { single_word: false, lstrip: false, rstrip: false } as const;

/** Rust counts tokens, not ids: if the model's ids have gaps, the next id may belong to another token. */
function refuseTaken(added: readonly AddedToken[], ofModel: ReadonlyMap<string, number>): void {
  const idsOfModel = new Set(ofModel.values());
  const problems = added
    .filter(({ id, content }) => idsOfModel.has(id) && ofModel.get(content) !== id)
    .map(({ id, content }) => {
      const reason = `its id would be ${id}, which another token has already; expected a vocabulary without gaps`;
      return { token: content, reason };
    });
  if (problems.length > 0) throw addedTokensError(problems);
}

/** Maximum number of tokens in one call. */
const maxTokens = 10_000;
/** In UTF-16 units. */
const longestToken = 256;

/** Throws TOKENS_NOT_ADDABLE naming every token that cannot be added, and why. */
function checkNewTokens(tokens: readonly string[]): void {
  if (tokens.length > maxTokens) {
    const reason = `${tokens.length} tokens were given, expected at most ${maxTokens}`;
    throw addedTokensError([{ token: tokens[maxTokens] ?? "", reason }]);
  }
  const problems: TokenProblem[] = [];
  const seen = new Set<string>();
  for (const token of tokens) {
    const reason = seen.has(token) ? "it is given twice" : refusal(token);
    if (reason !== undefined) problems.push({ token, reason });
    seen.add(token);
  }
  if (problems.length > 0) throw addedTokensError(problems);
}

function refusal(token: string): string | undefined {
  if (token === "") return "it is empty, expected at least one character";
  if (token.trim() === "") return "it has only white space, expected other characters, too";
  if (token.length > longestToken) return `it has ${token.length} characters, expected at most ${longestToken}`;
  return isWellFormed(token) ? undefined : "it has half of a surrogate pair, which no file can store";
}

/** `String.prototype.isWellFormed`, which Node 20 has and TypeScript's ES2022 library does not declare. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
