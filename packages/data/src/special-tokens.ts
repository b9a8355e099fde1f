// The marks that start, end and pad a text, where tokenizer_config.json does not name them: GPT-2's, RoBERTa's and BERT's
// published ones leave that to classes of transformers. Their special_tokens_map.json says it, or the model's config.json.

import { isObject, type JsonObject } from "./json-object.ts";
import type { TextFiles } from "./text-files.ts";
import { parseTokenizerFile } from "./tokenizer-files.ts";
import { vocabularyOf } from "./vocabulary-of.ts";

const marks = ["bos_token", "eos_token", "pad_token"] as const;

/** A config.json has some kilobytes, with thousands of class names some more. */
const maxBytes = 16_000_000;

/**
 * The tokenizer's configuration with the marks that it does not name. An explicit null stays: that model has none. Throws
 * TokenizerError for a file that is not JSON.
 */
export async function withSpecialTokens(config: unknown, tokenizerJson: unknown, files: TextFiles): Promise<unknown> {
  if (config !== undefined && !isObject(config)) return config; // refused where the tokenizer is made
  const isNamed = (named: JsonObject, mark: string) => named[mark] !== undefined;
  let known: JsonObject = config ?? {};
  for (const [file, read] of [
    ["special_tokens_map.json", (found: JsonObject) => found],
    ["config.json", (found: JsonObject) => namesOfIds(found, tokenizerJson)],
  ] as const) {
    if (marks.every((mark) => isNamed(known, mark))) return known;
    if (!(await files.has(file))) continue;
    const text = await files.readText(file, { maxBytes });
    const found = parseTokenizerFile(new Map([[file, text]]), file, files);
    const named = isObject(found) ? read(found) : {};
    const missing = marks.filter((mark) => !isNamed(known, mark) && isNamed(named, mark));
    known = { ...known, ...Object.fromEntries(missing.map((mark) => [mark, named[mark]])) };
  }
  return config === undefined && Object.keys(known).length === 0 ? undefined : known;
}

/** `eos_token_id` and its like as tokens; of several ids the first. An id that the tokenizer lacks names nothing. */
function namesOfIds(config: JsonObject, tokenizerJson: unknown): JsonObject {
  const entries = marks.flatMap((mark) => {
    const ids = config[`${mark}_id`];
    const token = tokenOf(Array.isArray(ids) ? ids[0] : ids, tokenizerJson);
    return token === undefined ? [] : [[mark, token] as const];
  });
  return Object.fromEntries(entries);
}

function tokenOf(id: unknown, tokenizerJson: unknown): string | undefined {
  if (typeof id !== "number" || !isObject(tokenizerJson)) return undefined;
  const { added_tokens: added, model } = tokenizerJson;
  const entry = Array.isArray(added) ? added.find((token) => isObject(token) && token.id === id) : undefined;
  if (isObject(entry)) return typeof entry.content === "string" ? entry.content : undefined;
  const hasVocabulary = isObject(model) && typeof model.vocab === "object" && model.vocab !== null;
  if (!hasVocabulary) return undefined;
  for (const [token, tokenId] of vocabularyOf(model)) if (tokenId === id) return token;
  return undefined;
}
