// The marks that start, end and pad a text, where tokenizer_config.json does not name them: GPT-2's, RoBERTa's and BERT's
// published ones leave that to classes of transformers. Their special_tokens_map.json says it, or the model's config.json.

import type { Tokenizer } from "@huggingface/tokenizers";
import { isObject, type JsonObject } from "@lowrank/contracts";
import type { TextFiles } from "../text-files.ts";
import { parseTokenizerFile } from "./tokenizer-files.ts";

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

/**
 * `eos_token_id` and its like as tokens; of several ids the first. An id that is no special token names nothing: once a word
 * of the vocabulary is called a mark, transformers cuts it out of every text.
 */
function namesOfIds(config: JsonObject, tokenizerJson: unknown): JsonObject {
  const entries = marks.flatMap((mark) => {
    const ids = config[`${mark}_id`];
    const token = tokenOf(Array.isArray(ids) ? ids[0] : ids, tokenizerJson);
    return token === undefined ? [] : [[mark, token] as const];
  });
  return Object.fromEntries(entries);
}

function tokenOf(id: unknown, tokenizerJson: unknown): string | undefined {
  if (!isObject(tokenizerJson) || !Array.isArray(tokenizerJson.added_tokens)) return undefined;
  const entry: unknown = tokenizerJson.added_tokens.find((token) => isObject(token) && token.id === id);
  return isObject(entry) && entry.special === true && typeof entry.content === "string" ? entry.content : undefined;
}

/** What the tokenizer writes around a text. It is asked of the post-processor: some texts have no token at all. */
export function marksAround({ post_processor }: Tokenizer): { readonly before: string[]; readonly after: string[] } {
  const text = "\0text";
  const tokens = post_processor?.post_process([text], null).tokens ?? [text];
  const at = tokens.indexOf(text);
  return at === -1 ? { before: tokens, after: [] } : { before: tokens.slice(0, at), after: tokens.slice(at + 1) };
}
