// The files that make a tokenizer, as transformers' `save_pretrained` writes them.

import { isObject, parseJson, printable } from "@lowrank/contracts";
import { TokenizerError } from "../errors.ts";
import type { TextFiles } from "../text-files.ts";
import { vocabularyFiles, vocabularyTokenizerFiles } from "../vocabulary-files/vocabulary-tokenizer-files.ts";

/** Gemma's tokenizer.json, the largest that is common, has 33 MB. */
const largest = 64_000_000;

/** Those that it is built from; sizes in bytes. */
const needed = [
  ["tokenizer.json", largest],
  ["tokenizer_config.json", largest],
  ["chat_template.jinja", 1_000_000],
] as const;
const all = [...needed, ["special_tokens_map.json", 1_000_000]] as const;

/**
 * The texts of a folder's tokenizer by file name: what it is built from, or – to be written elsewhere – "all". Throws
 * TokenizerError if there is no tokenizer.json, and none can be made (`vocabularyTokenizerFiles`).
 *
 * @example
 * ```ts
 * import { readTokenizerFiles, type TextFiles } from "@lowrank/data";
 *
 * export async function filesToKeep(model: TextFiles): Promise<readonly string[]> {
 *   return [...(await readTokenizerFiles(model, "all")).keys()]; // tokenizer.json and what lies beside it
 * }
 * ```
 */
export async function readTokenizerFiles(
  folder: TextFiles,
  which: "needed" | "all",
): Promise<ReadonlyMap<string, string>> {
  const files = vocabularyTokenizerFiles(folder);
  if (!(await files.has("tokenizer.json"))) throw await noTokenizer(files);
  const texts = new Map<string, string>();
  for (const [name, maxBytes] of which === "all" ? all : needed) {
    if (await files.has(name)) texts.set(name, await files.readText(name, { maxBytes }));
  }
  return texts;
}

async function noTokenizer(files: TextFiles): Promise<TokenizerError> {
  const missing = `${files.name} has no tokenizer.json, which rows of text need`;
  for (const name of vocabularyFiles) {
    if (!(await files.has(name))) continue;
    return new TokenizerError([
      `${missing}; its ${name} can be used only if tokenizer_config.json ("tokenizer_class") or config.json ("model_type") ` +
        "names a supported class, and the other files of this class are there",
      "write a tokenizer.json with transformers (AutoTokenizer.from_pretrained(…).save_pretrained(…)), or give rows " +
        "that are already tokenised",
    ]);
  }
  return new TokenizerError([
    missing,
    "copy the model's tokenizer.json into its folder, or give rows that are already tokenised",
  ]);
}

/** One of them as JSON; undefined if it is not there. Throws TokenizerError naming it. */
export function parseTokenizerFile(
  texts: ReadonlyMap<string, string>,
  file: string,
  { name }: Pick<TextFiles, "name">,
): unknown {
  const text = texts.get(file);
  if (text === undefined) return undefined;
  return parseJson(text, {
    refuse: (reason, cause) => new TokenizerError([`${printable(name)}: ${file} ${reason}`], { cause }),
  });
}

/** The configuration with the chat template that transformers 4.43 and later keeps in a file of its own, which counts more. */
export function withChatTemplate(config: unknown, texts: ReadonlyMap<string, string>): unknown {
  const template = texts.get("chat_template.jinja");
  if (template === undefined) return config;
  // Anything but an object is refused where the tokenizer is made.
  return config === undefined || isObject(config) ? { ...config, chat_template: template } : config;
}
