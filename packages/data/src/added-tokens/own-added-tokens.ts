// Rust's tokenizers keep added tokens apart from the model. The JavaScript library puts them into the model's vocabulary,
// where the model itself finds those of one character; and it decodes them as they were given, Rust as the normaliser leaves
// them (for LLaMA's: with the space before them).

import type { Tokenizer } from "@huggingface/tokenizers";
import { vocabularyOf } from "../tokenizer-json/vocabulary-of.ts";
import type { AddedToken } from "./add-tokens.ts";
import { keepSingleWords } from "./single-words.ts";

/** Makes the tokenizer do as Rust's; returns the ids of its added tokens. */
export function ownAddedTokens(
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
