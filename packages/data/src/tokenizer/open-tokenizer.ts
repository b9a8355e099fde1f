// Opens the tokenizer in a model's folder.

import type { TextFiles } from "../text-files.ts";
import { vocabularyTokenizerFiles } from "../vocabulary-files/vocabulary-tokenizer-files.ts";
import { withSpecialTokens } from "./special-tokens.ts";
import { TextTokenizer } from "./text-tokenizer.ts";
import { parseTokenizerFile, readTokenizerFiles, withChatTemplate } from "./tokenizer-files.ts";

/**
 * Reads tokenizer.json and, if they exist, tokenizer_config.json and chat_template.jinja. Special tokens that these do not
 * name are read from special_tokens_map.json and the model's config.json.
 *
 * Without a tokenizer.json, one is made of the model's vocabulary files (`vocabularyTokenizerFiles`). Throws TOKENIZER_INVALID if
 * there are none either, or if a file is invalid.
 *
 * @example
 * ```ts
 * import { openTokenizer } from "@lowrank/data";
 *
 * const json = JSON.stringify({
 *   model: { type: "WordLevel", vocab: { "[UNK]": 0, hello: 1 }, unk_token: "[UNK]" },
 *   added_tokens: [], normalizer: null, pre_tokenizer: { type: "Whitespace" }, post_processor: null, decoder: null,
 * });
 * const files = { name: "model", has: async (file: string) => file === "tokenizer.json", readText: async () => json };
 * const tokenizer = await openTokenizer(files);
 * if (tokenizer.encode("hello").join() !== "1") throw new Error("wrong ids");
 * ```
 */
export async function openTokenizer(folder: TextFiles): Promise<TextTokenizer> {
  const files = vocabularyTokenizerFiles(folder);
  const texts = await readTokenizerFiles(files, "needed");
  const json = parseTokenizerFile(texts, "tokenizer.json", files);
  const config = await withSpecialTokens(parseTokenizerFile(texts, "tokenizer_config.json", files), json, files);
  return TextTokenizer.fromJson(json, withChatTemplate(config, texts));
}
