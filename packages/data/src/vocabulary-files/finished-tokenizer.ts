// Completes a class's draft to tokenizer.json and tokenizer_config.json: adds the special tokens that the folder names, tokens
// that were added later, and the template around a text.

import { isObject, type JsonObject } from "@lowrank/contracts/internal";
import { tokenizerError } from "../errors.ts";
import { tokenText } from "../text-files.ts";
import {
  type DraftToken,
  type SpecialTokenKey,
  type SpecialTokens,
  specialTokenKeys,
  type TextTemplate,
  type TokenizerDraft,
} from "./tokenizer-draft.ts";

/** Contents of tokenizer.json and tokenizer_config.json. */
export interface FinishedTokenizer {
  readonly tokenizerJson: JsonObject;
  readonly tokenizerConfig: JsonObject;
}

/** The other facts of the folder. */
export interface FolderFacts {
  /** special_tokens_map.json, overridden by tokenizer_config.json. */
  readonly config: JsonObject;
  /** added_tokens.json of older versions: the id of each token. */
  readonly addedIds: ReadonlyMap<string, number>;
  readonly specialTokens: SpecialTokens;
}

/** The text of a special token: the folder's value (null for none), or the default of the class. */
export function specialTokenOf(
  { config, specialTokens }: Pick<FolderFacts, "config" | "specialTokens">,
  key: SpecialTokenKey,
): string | undefined {
  return config[key] === undefined ? specialTokens[key] : tokenText(config[key]);
}

/** Throws TOKENIZER_INVALID if a special token of the template has no id. */
export function finishedTokenizer(draft: TokenizerDraft, folder: FolderFacts): FinishedTokenizer {
  const config = { ...folder.config, ...draft.config };
  const effective = { ...folder, config };
  const added = addedTokens(draft, effective, additionalTokens(folder.config));
  const ids = new Map([
    ...draft.tokens.map((token, id) => [token, id] as const),
    ...added.map(({ content, id }) => [content, id] as const),
  ]);
  const specialTokens = specialTokenKeys.flatMap((key) => {
    const text = specialTokenOf(effective, key);
    return text === undefined ? [] : [[key, folder.config[key] ?? text] as const];
  });
  return {
    tokenizerJson: {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: added,
      normalizer: draft.normalizer,
      pre_tokenizer: draft.preTokenizer,
      post_processor: draft.template === null ? null : templateOf(draft.template, effective, ids),
      decoder: draft.decoder,
      model: draft.model,
      ...(draft.target === undefined ? {} : { target: draft.target }),
    },
    tokenizerConfig: { clean_up_tokenization_spaces: false, ...config, ...Object.fromEntries(specialTokens) },
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

/** Tokens with ids in the folder, then special tokens, then tokens of the class. New ids follow the vocabulary. */
function addedTokens(draft: TokenizerDraft, folder: FolderFacts, additional: readonly string[]): readonly AddedEntry[] {
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
  const named = new Map(specialTokenKeys.map((key) => [specialTokenOf(folder, key) ?? "", folder.config[key]]));
  for (const [id, token] of decodedTokens(folder.config)) add(token, id);
  for (const [content, id] of folder.addedIds) add({ content, special: named.has(content) }, id);
  for (const [content, given] of named) {
    const flags = isObject(given) ? flagsOf(given) : {};
    add({ content, lstrip: lstrips.has(content), ...flags, special: true });
  }
  for (const content of additional) add({ content, special: true });
  for (const token of draft.added) add(token);
  return [...entries.values()].sort((one, other) => one.id - other.id);
}

function additionalTokens(config: JsonObject): readonly string[] {
  const additional = config.additional_special_tokens ?? config.extra_special_tokens;
  return Array.isArray(additional) ? additional.flatMap((token) => tokenText(token) ?? []) : [];
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

function templateOf(template: TextTemplate, folder: FolderFacts, ids: ReadonlyMap<string, number>): JsonObject {
  const used = new Map<string, number>();
  const piece = (name: string, type_id: number) => {
    if (name === "A" || name === "B") return { Sequence: { id: name, type_id } };
    const key = specialTokenKeys.find((each) => each === name);
    const text = key === undefined ? name : specialTokenOf(folder, key);
    const id = ids.get(text ?? "");
    if (text === undefined || id === undefined) {
      throw tokenizerError([`tokenizer_config.json: ${name} is put around texts, but there is no such token`]);
    }
    used.set(text, id);
    return { SpecialToken: { id: text, type_id } };
  };
  const single = template.single.map((name) => piece(name, 0));
  const second = template.pair.indexOf("B");
  // If both texts begin with the same special token, the one before the second text belongs to its segment.
  const begins = template.pair[0] !== "A" && template.pair[second - 1] === template.pair[0] ? second - 1 : second;
  const pair = template.pair.map((name, at) => piece(name, template.hasSegments === true && at >= begins ? 1 : 0));
  const special = [...used].map(([text, id]) => [text, { id: text, ids: [id], tokens: [text] }] as const);
  return { type: "TemplateProcessing", single, pair, special_tokens: Object.fromEntries(special) };
}
