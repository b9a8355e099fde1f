// The tokenizer that lies beside a model.

import { TokenizerError } from "./errors.ts";
import { TextTokenizer } from "./text-tokenizer.ts";

/** What can be read by name: a model folder on disk or behind an address (`ModelFolder` of `@lowrank/models` is one). */
export interface TextFiles {
  /** For messages. */
  readonly name: string;
  has(file: string): Promise<boolean>;
  readText(file: string, limits: { readonly maxBytes: number }): Promise<string>;
}

/** Gemma's tokenizer.json, the largest that is common, has 33 MB. */
const maxBytes = 64_000_000;

/**
 * Reads tokenizer.json and, if there is one, tokenizer_config.json.
 *
 * Throws TokenizerError if there is no tokenizer.json or a file is not what it should be.
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
export async function openTokenizer(files: TextFiles): Promise<TextTokenizer> {
  if (!(await files.has("tokenizer.json"))) {
    throw new TokenizerError([
      `${files.name} has no tokenizer.json, which text needs`,
      "copy the model's tokenizer.json into its folder, or give rows that are tokenised already",
    ]);
  }
  const hasConfig = await files.has("tokenizer_config.json");
  return TextTokenizer.fromJson(
    await readJson(files, "tokenizer.json"),
    hasConfig ? await readJson(files, "tokenizer_config.json") : {},
  );
}

async function readJson(files: TextFiles, file: string): Promise<unknown> {
  const text = await files.readText(file, { maxBytes });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TokenizerError([`${files.name}: ${file} is not JSON (${(cause as Error).message})`], { cause });
  }
}
