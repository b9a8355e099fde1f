// Adds tokens to a model's tokenizer: returns the tokenizer, and files to store next to an adapter or a merged model.

import { isObject, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { type AddedToken, type AddTokensOptions, addTokens, addTokensNames } from "../added-tokens/add-tokens.ts";
import { addedTokensError, tokenizerError } from "../errors.ts";
import type { TextFiles } from "../text-files.ts";
import { hasSegmentation } from "./segmentation.ts";
import { withSpecialTokens } from "./special-tokens.ts";
import { TextTokenizer } from "./text-tokenizer.ts";
import { parseTokenizerFile, readTokenizerFiles, withChatTemplate } from "./tokenizer-files.ts";

/** A tokenizer with more tokens. */
export interface ExtendedTokenizer {
  readonly tokenizer: TextTokenizer;
  /** The id of each given token, in the same order: new tokens and tokens that existed before. */
  readonly ids: readonly number[];
  /** The ids of the new tokens. */
  readonly newIds: readonly number[];
  /** Texts by file name, as transformers' `save_pretrained` would write them. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Adds tokens to the tokenizer of a folder, as transformers' `tokenizer.add_tokens(tokens)` does. Writes no file.
 *
 * @throws TOKENIZER_INVALID, TOKENS_NOT_ADDABLE
 *
 * @example
 * ```ts
 * import { extendTokenizer } from "@lowrank/data";
 *
 * const json = JSON.stringify({
 *   model: { type: "WordLevel", vocab: { "[UNK]": 0, hello: 1 }, unk_token: "[UNK]" },
 *   added_tokens: [], normalizer: null, pre_tokenizer: { type: "Whitespace" }, post_processor: null, decoder: null,
 * });
 * const files = { name: "model", has: async (file: string) => file === "tokenizer.json", readText: async () => json };
 * const { tokenizer, ids } = await extendTokenizer(files, ["<fact>"]);
 * if (ids[0] !== 2 || tokenizer.encode("<fact>hello").join() !== "2,1") throw new Error("wrong ids");
 * ```
 */
export async function extendTokenizer(
  files: TextFiles,
  tokens: readonly string[],
  options: AddTokensOptions = {},
): Promise<ExtendedTokenizer> {
  refuseUnknownOptions("extendTokenizer", options, addTokensNames);
  const texts = await readTokenizerFiles(files, "all");
  const before = parseTokenizerFile(texts, "tokenizer.json", files);
  if (hasSegmentation(before)) {
    throw tokenizerError([
      "tokens cannot be added: the files that transformers reads for this class have no place for them",
    ]);
  }
  const { json, ids, newIds, added } = addTokens(before, tokens, options);
  // Special tokens are stored too: an adapter's folder has no config.json that names them.
  const named = await withSpecialTokens(parseTokenizerFile(texts, "tokenizer_config.json", files), before, files);
  const config = withEntries(named, added);
  const tokenizer = TextTokenizer.fromJson(json, withChatTemplate(config, texts));
  checkFound(tokenizer, tokens, ids);
  const written = new Map([...texts, ["tokenizer.json", textOf(json)], ["tokenizer_config.json", textOf(config)]]);
  return { tokenizer, ids, newIds, files: written };
}

/**
 * tokenizer_config.json for a folder without config.json: it names the class, and has the new tokens in `added_tokens_decoder`
 * if transformers 4 wrote that list.
 */
function withEntries(config: unknown, added: readonly AddedToken[]): Readonly<Record<string, unknown>> {
  if (config !== undefined && !isObject(config)) throw tokenizerError(["tokenizer_config.json: expected an object"]);
  const decoder = config?.added_tokens_decoder;
  const entries = added.map(({ id, ...entry }) => [String(id), entry] as const);
  return {
    tokenizer_class: "PreTrainedTokenizerFast", // reads tokenizer.json as it is
    ...config,
    ...(isObject(decoder) ? { added_tokens_decoder: { ...decoder, ...Object.fromEntries(entries) } } : {}),
  };
}

/** Throws if a token is not found in a text, because the normalizer removes it or makes it equal to another token. */
function checkFound(tokenizer: TextTokenizer, tokens: readonly string[], ids: readonly number[]): void {
  const problems = tokens.flatMap((token, index) => {
    // The token is written twice, because the library does not normalize a text that is exactly one token.
    const [found] = tokenizer.encode(`${token}\n${token}`, { addSpecialTokens: false });
    if (found === ids[index]) return [];
    const got = found === undefined ? "nothing" : `the token ${found}`;
    const cause = "the tokenizer's normalizer changes it, or makes it the same as another token";
    return [{ token, reason: `a text that begins with it starts with ${got}, expected ${ids[index]}: ${cause}` }];
  });
  if (problems.length > 0) throw addedTokensError(problems);
}

function textOf(json: unknown): string {
  return JSON.stringify(json, null, 2);
}
