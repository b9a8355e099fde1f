// From a class's draft to the two files that a tokenizer is built from: the marks that the folder names, tokens that were added
// later, and what stands around a text.

import { isObject, type JsonObject } from "@lowrank/contracts";
import { TokenizerError } from "../errors.ts";
import { tokenText } from "../text-files.ts";
import {
  type DraftToken,
  type Frame,
  type MarkKey,
  markKeys,
  type TokenizerDraft,
  type UsualMarks,
} from "./tokenizer-draft.ts";

/** Contents of tokenizer.json and tokenizer_config.json. */
export interface FinishedTokenizer {
  readonly tokenizerJson: JsonObject;
  readonly tokenizerConfig: JsonObject;
}

/** What the folder says beside the vocabulary. */
export interface FolderWords {
  /** tokenizer_config.json, with what special_tokens_map.json says beside it. */
  readonly config: JsonObject;
  /** added_tokens.json of older versions: ids by token. */
  readonly addedIds: ReadonlyMap<string, number>;
  readonly marks: UsualMarks;
}

/** A mark's text: what the folder says, null for none, or what is usual. */
export function markOf({ config, marks }: Pick<FolderWords, "config" | "marks">, key: MarkKey): string | undefined {
  return config[key] === undefined ? marks[key] : tokenText(config[key]);
}

/** Puts the pieces together. Throws TokenizerError for a mark that is in no vocabulary. */
export function finishedTokenizer(draft: TokenizerDraft, words: FolderWords): FinishedTokenizer {
  const config = { ...words.config, ...draft.config };
  const said = { ...words, config };
  const added = addedTokens(draft, said, furtherTokens(words.config));
  const ids = new Map([
    ...draft.tokens.map((token, id) => [token, id] as const),
    ...added.map(({ content, id }) => [content, id] as const),
  ]);
  const marks = markKeys.flatMap((key) => {
    const text = markOf(said, key);
    return text === undefined ? [] : [[key, words.config[key] ?? text] as const];
  });
  return {
    tokenizerJson: {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: added,
      normalizer: draft.normalizer,
      pre_tokenizer: draft.preTokenizer,
      post_processor: draft.frame === null ? null : templateOf(draft.frame, said, ids),
      decoder: draft.decoder,
      model: draft.model,
      ...(draft.target === undefined ? {} : { target: draft.target }),
    },
    tokenizerConfig: { clean_up_tokenization_spaces: false, ...config, ...Object.fromEntries(marks) },
  };
}

interface AddedEntry {
  readonly id: number;
  readonly content: string;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly special: boolean;
}

/** Tokens with ids that the folder gives them, then marks, then the class's own: ids go on behind the vocabulary. */
function addedTokens(draft: TokenizerDraft, words: FolderWords, further: readonly string[]): readonly AddedEntry[] {
  const vocabulary = new Map(draft.tokens.map((token, id) => [token, id]));
  const entries = new Map<string, AddedEntry>();
  let next = draft.tokens.length;
  const add = (token: DraftToken & Partial<AddedEntry>, given?: number) => {
    const { content } = token;
    if (content === "" || entries.has(content)) return;
    const id = given ?? vocabulary.get(content) ?? next;
    next = Math.max(next, id + 1);
    const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };
    entries.set(content, { ...plain, ...token, id });
  };
  const lstrips = new Set(draft.added.flatMap(({ content, lstrip }) => (lstrip === true ? [content] : [])));
  const named = new Map(markKeys.map((key) => [markOf(words, key) ?? "", words.config[key]]));
  for (const [id, token] of decodedTokens(words.config)) add(token, id);
  for (const [content, id] of words.addedIds) add({ content, special: named.has(content) }, id);
  for (const [content, given] of named) {
    const flags = isObject(given) ? flagsOf(given) : {};
    add({ content, lstrip: lstrips.has(content), ...flags, special: true });
  }
  for (const content of further) add({ content, special: true });
  for (const token of draft.added) add(token);
  return [...entries.values()].sort((one, other) => one.id - other.id);
}

function furtherTokens(config: JsonObject): readonly string[] {
  const further = config.additional_special_tokens ?? config.extra_special_tokens;
  return Array.isArray(further) ? further.flatMap((token) => tokenText(token) ?? []) : [];
}

/** tokenizer_config.json's `added_tokens_decoder`, by id. */
function decodedTokens({ added_tokens_decoder: entries }: JsonObject): (readonly [number, DraftToken])[] {
  if (!isObject(entries)) return [];
  const tokens = Object.entries(entries).flatMap(([id, token]) => {
    const content = tokenText(token);
    if (content === undefined || !isObject(token) || !/^\d{1,7}$/.test(id)) return [];
    return [[Number(id), { content, special: token.special === true, ...flagsOf(token) }] as const];
  });
  return tokens.sort(([one], [other]) => one - other);
}

function flagsOf(token: JsonObject): Partial<Omit<AddedEntry, "id" | "content" | "special">> {
  const flags = ["single_word", "lstrip", "rstrip", "normalized"] as const;
  return Object.fromEntries(flags.flatMap((flag) => (typeof token[flag] === "boolean" ? [[flag, token[flag]]] : [])));
}

function templateOf(frame: Frame, words: FolderWords, ids: ReadonlyMap<string, number>): JsonObject {
  const used = new Map<string, number>();
  const piece = (name: string, type_id: number) => {
    if (name === "A" || name === "B") return { Sequence: { id: name, type_id } };
    const key = markKeys.find((each) => each === name);
    const text = key === undefined ? name : markOf(words, key);
    const id = ids.get(text ?? "");
    if (text === undefined || id === undefined) {
      throw new TokenizerError([`tokenizer_config.json: ${name} is put around texts, but there is no such token`]);
    }
    used.set(text, id);
    return { SpecialToken: { id: text, type_id } };
  };
  const single = frame.single.map((name) => piece(name, 0));
  const second = frame.pair.indexOf("B");
  // A mark right before the second text is its own where both begin with one.
  const begins = frame.pair[0] !== "A" && frame.pair[second - 1] === frame.pair[0] ? second - 1 : second;
  const pair = frame.pair.map((name, at) => piece(name, frame.hasSegments === true && at >= begins ? 1 : 0));
  const special = [...used].map(([text, id]) => [text, { id: text, ids: [id], tokens: [text] }] as const);
  return { type: "TemplateProcessing", single, pair, special_tokens: Object.fromEntries(special) };
}
