// Makes the JavaScript tokenizer library treat added tokens as Rust's library does. Rust separates them from the model. The JavaScript
// library puts them into the model's vocabulary, so that the model itself may find tokens of one character. It also decodes them as
// they were given; Rust decodes the normalized form (for LLaMA: with a space before it).

import type { Tokenizer } from "@huggingface/tokenizers";
import { vocabularyOf } from "../tokenizer-json/vocabulary-of.ts";
import type { AddedToken } from "./add-tokens.ts";

/** Changes the tokenizer, and returns the ids of its added tokens. */
export function alignAddedTokens(
  tokenizer: Tokenizer,
  json: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, number> {
  const { model, decoder, normalizer } = tokenizer;
  const tokens = json.added_tokens as readonly AddedToken[]; // as checkTokenizerJson found them
  const ofModel = vocabularyOf(json.model);
  const ids = new Map(tokens.map(({ content, id }) => [content, id]));
  if (model === null || tokens.length === 0) return ids;
  keepSingleWords(tokenizer, tokens);
  for (const content of ids.keys()) if (!ofModel.has(content)) model.tokens_to_ids.delete(content);
  if (normalizer === null) return ids;
  const decoded = new Map(
    tokens.flatMap(({ content, id, special = false, normalized = !special }) =>
      normalized === true && special === false ? [[id, normalizer.normalize(content)] as const] : [],
    ),
  );
  for (const [id, text] of decoded) model.vocab[id] = text;
  if (decoder !== null)
    decoder.added_tokens = decoder.added_tokens.map((token) => {
      return { ...token, content: decoded.get(token.id) ?? token.content };
    });
  return ids;
}

/** The library's class that splits a text at added tokens. */
interface Splitter {
  split(text: string): string[];
}

const word = "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]";
const endsWithWord = new RegExp(`${word}$`, "u");
const startsWithWord = new RegExp(`^${word}`, "u");

/** Makes the tokenizer ignore `single_word` tokens that have a letter or digit next to them. */
function keepSingleWords(tokenizer: Tokenizer, tokens: readonly AddedToken[]): void {
  const { normalizer } = tokenizer;
  // A normalized text is searched for normalized tokens.
  const forms = (found: readonly AddedToken[]) =>
    new Set(found.flatMap(({ content }) => [content, normalizer?.normalize(content) ?? content]));
  const single = forms(tokens.filter(({ single_word }) => single_word === true));
  if (single.size === 0) return;
  const isAdded = forms(tokens);
  // Private in the library's types, and the only place where it splits at added tokens.
  const { splitter_unnormalized, splitter_normalized } = tokenizer as unknown as Readonly<Record<string, Splitter>>;
  for (const splitter of [splitter_unnormalized, splitter_normalized]) {
    if (splitter === undefined) continue;
    const split = splitter.split.bind(splitter);
    splitter.split = (text) => joinWithinWords(split(text), { single, isAdded });
  }
}

function joinWithinWords(
  sections: readonly string[],
  { single, isAdded }: { readonly single: ReadonlySet<string>; readonly isAdded: ReadonlySet<string> },
): string[] {
  const joined: string[] = [];
  let isText = false;
  for (const [index, section] of sections.entries()) {
    const before = sections[index - 1] ?? "";
    const after = sections[index + 1] ?? "";
    const isWithin = single.has(section) && (endsWithWord.test(before) || startsWithWord.test(after));
    const isTextNow = isWithin || !isAdded.has(section);
    if (isText && isTextNow) joined[joined.length - 1] += section;
    else joined.push(section);
    isText = isTextNow;
  }
  return joined;
}
