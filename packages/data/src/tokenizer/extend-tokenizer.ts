// The tokenizer beside a model with more tokens: to encode with, and as files to write beside an adapter or a merged model.

import { isObject, refuseUnknownOptions } from "@lowrank/contracts";
import { type AddedToken, type AddTokensOptions, addTokens, addTokensNames } from "../added-tokens/add-tokens.ts";
import { AddedTokensError, TokenizerError } from "../errors.ts";
import type { TextFiles } from "../text-files.ts";
import { hasSegmentation } from "./segmentation.ts";
import { withSpecialTokens } from "./special-tokens.ts";
import { TextTokenizer } from "./text-tokenizer.ts";
import { parseTokenizerFile, readTokenizerFiles, withChatTemplate } from "./tokenizer-files.ts";

/** A tokenizer with more tokens. */
export interface ExtendedTokenizer {
  readonly tokenizer: TextTokenizer;
  /** The id of each given token, in their order: of new ones, and of those that it had. */
  readonly ids: readonly number[];
  /** The ids of those that it did not have. */
  readonly newIds: readonly number[];
  /** Texts by file name, as transformers' `save_pretrained` would leave them to `AutoTokenizer.from_pretrained`. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * The tokenizer of a folder with more tokens, as transformers' `tokenizer.add_tokens(tokens)` makes it. Nothing is written.
 *
 * @throws TokenizerError, AddedTokensError
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
    throw new TokenizerError([
      "tokens cannot be added: the files that transformers reads for this class have no place for them",
    ]);
  }
  const { json, ids, newIds, added } = addTokens(before, tokens, options);
  // Written too: beside an adapter there is no config.json to name them.
  const named = await withSpecialTokens(parseTokenizerFile(texts, "tokenizer_config.json", files), before, files);
  const config = withEntries(named, added);
  const tokenizer = TextTokenizer.fromJson(json, withChatTemplate(config, texts));
  checkFound(tokenizer, tokens, ids);
  const written = new Map([...texts, ["tokenizer.json", textOf(json)], ["tokenizer_config.json", textOf(config)]]);
  return { tokenizer, ids, newIds, files: written };
}

/**
 * tokenizer_config.json for a folder that has no config.json to tell the class by, and – where transformers 4 wrote it –
 * with the entries of its copy of the added tokens.
 */
function withEntries(config: unknown, added: readonly AddedToken[]): Readonly<Record<string, unknown>> {
  if (config !== undefined && !isObject(config))
    throw new TokenizerError(["tokenizer_config.json: expected an object"]);
  const known = config?.added_tokens_decoder;
  const entries = added.map(({ id, ...entry }) => [String(id), entry] as const);
  return {
    tokenizer_class: "PreTrainedTokenizerFast", // reads tokenizer.json as it is
    ...config,
    ...(isObject(known) ? { added_tokens_decoder: { ...known, ...Object.fromEntries(entries) } } : {}),
  };
}

/** Two tokens that the normaliser makes the same, or one that it makes nothing of, are not found as what they are. */
function checkFound(tokenizer: TextTokenizer, tokens: readonly string[], ids: readonly number[]): void {
  const problems = tokens.flatMap((token, index) => {
    // Twice: the library does not normalise a text that is a token as it stands.
    const [found] = tokenizer.encode(`${token}\n${token}`, { addSpecialTokens: false });
    if (found === ids[index]) return [];
    const got = found === undefined ? "nothing" : `the token ${found}`;
    const cause = "the tokenizer's normalizer changes it, or makes it the same as another token";
    return [{ token, reason: `a text that begins with it starts with ${got}, expected ${ids[index]}: ${cause}` }];
  });
  if (problems.length > 0) throw new AddedTokensError(problems);
}

function textOf(json: unknown): string {
  return JSON.stringify(json, null, 2);
}
