// The bos, eos and pad tokens of a tokenizer whose tokenizer_config.json does not name them. In the published files of GPT-2,
// RoBERTa and BERT, transformers' classes have them. We read special_tokens_map.json, then the model's config.json.

import type { Tokenizer } from "@huggingface/tokenizers";
import { isObject, type JsonObject } from "@lowrank/contracts/internal";
import type { TextFiles } from "../text-files.ts";
import { parseTokenizerFile } from "./tokenizer-files.ts";

const keys = ["bos_token", "eos_token", "pad_token"] as const;

/** A config.json has a few kilobytes, and more with thousands of class names. */
const maxBytes = 16_000_000;

/**
 * The tokenizer's configuration, completed with the special tokens that it does not name. An explicit null stays: that model
 * has no such token. Throws TOKENIZER_INVALID for a file that is not JSON.
 */
export async function withSpecialTokens(config: unknown, tokenizerJson: unknown, files: TextFiles): Promise<unknown> {
  if (config !== undefined && !isObject(config)) return config; // refused where the tokenizer is made
  const isNamed = (named: JsonObject, key: string) => named[key] !== undefined;
  let names: JsonObject = config ?? {};
  for (const [file, read] of [
    ["special_tokens_map.json", (found: JsonObject) => found],
    ["config.json", (content: JsonObject) => namesOfIds(content, tokenizerJson)],
  ] as const) {
    if (keys.every((key) => isNamed(names, key))) return names;
    if (!(await files.has(file))) continue;
    const text = await files.readText(file, { maxBytes });
    const content = parseTokenizerFile(new Map([[file, text]]), file, files);
    const named = isObject(content) ? read(content) : {};
    const missing = keys.filter((key) => !isNamed(names, key) && isNamed(named, key));
    names = { ...names, ...Object.fromEntries(missing.map((key) => [key, named[key]])) };
  }
  return config === undefined && Object.keys(names).length === 0 ? undefined : names;
}

/**
 * Tokens for `bos_token_id`, `eos_token_id` and `pad_token_id` of a config.json; of several ids the first. Ids of normal tokens
 * are ignored: transformers would match such a word anywhere in a text, also within other words.
 */
function namesOfIds(config: JsonObject, tokenizerJson: unknown): JsonObject {
  const entries = keys.flatMap((key) => {
    const ids = config[`${key}_id`];
    const token = tokenOf(Array.isArray(ids) ? ids[0] : ids, tokenizerJson);
    return token === undefined ? [] : [[key, token] as const];
  });
  return Object.fromEntries(entries);
}

function tokenOf(id: unknown, tokenizerJson: unknown): string | undefined {
  if (!isObject(tokenizerJson) || !Array.isArray(tokenizerJson.added_tokens)) return undefined;
  const entry: unknown = tokenizerJson.added_tokens.find((token) => isObject(token) && token.id === id);
  return isObject(entry) && entry.special === true && typeof entry.content === "string" ? entry.content : undefined;
}

/** The special tokens around a text. Computed by the post-processor alone, because some texts have no token at all. */
export function specialTokensAround({ post_processor }: Tokenizer): {
  readonly before: string[];
  readonly after: string[];
} {
  const text = "\0text";
  const tokens = post_processor?.post_process([text], null).tokens ?? [text];
  const at = tokens.indexOf(text);
  return at === -1 ? { before: tokens, after: [] } : { before: tokens.slice(0, at), after: tokens.slice(at + 1) };
}
