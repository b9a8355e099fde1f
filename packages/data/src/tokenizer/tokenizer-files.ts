// Reads the files of a tokenizer, as transformers' `save_pretrained` writes them.

import type { LowrankError } from "@lowrank/contracts";
import { isObject, parseJson, printable } from "@lowrank/contracts/internal";
import { tokenizerError } from "../errors.ts";
import type { TextFiles } from "../text-files.ts";
import { vocabularyFiles, vocabularyTokenizerFiles } from "../vocabulary-files/vocabulary-tokenizer-files.ts";

/** In bytes. Gemma's tokenizer.json, the largest common one, has 33 MB. */
const largest = 64_000_000;

/** Files that a tokenizer is built from, with their maximum sizes in bytes. */
const needed = [
  ["tokenizer.json", largest],
  ["tokenizer_config.json", largest],
  ["chat_template.jinja", 1_000_000],
] as const;
const all = [...needed, ["special_tokens_map.json", 1_000_000]] as const;

/**
 * The texts of a tokenizer's files by name: the "needed" ones to build it, or "all" to copy it. Throws TOKENIZER_INVALID if
 * there is no tokenizer.json and it cannot be made from vocabulary files (`vocabularyTokenizerFiles`).
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

async function noTokenizer(files: TextFiles): Promise<LowrankError> {
  const missing = `${files.name} has no tokenizer.json, which rows of text need`;
  for (const name of vocabularyFiles) {
    if (!(await files.has(name))) continue;
    return tokenizerError([
      `${missing}; its ${name} can be used only if tokenizer_config.json ("tokenizer_class") or config.json ("model_type") ` +
        "names a supported class, and the other files of this class are there",
      "write a tokenizer.json with transformers (AutoTokenizer.from_pretrained(…).save_pretrained(…)), or give rows " +
        "that are already tokenized",
    ]);
  }
  return tokenizerError([
    missing,
    "copy the model's tokenizer.json into its folder, or give rows that are already tokenized",
  ]);
}

/** One of the texts as JSON; undefined if the file is absent. Throws TOKENIZER_INVALID with the file's name. */
export function parseTokenizerFile(
  texts: ReadonlyMap<string, string>,
  file: string,
  { name }: Pick<TextFiles, "name">,
): unknown {
  const text = texts.get(file);
  if (text === undefined) return undefined;
  return parseJson(text, {
    refuse: (reason, cause) => tokenizerError([`${printable(name)}: ${file} ${reason}`], { cause }),
  });
}

/** The configuration with the chat template of chat_template.jinja (transformers 4.43 and later), which has precedence. */
export function withChatTemplate(config: unknown, texts: ReadonlyMap<string, string>): unknown {
  const template = texts.get("chat_template.jinja");
  if (template === undefined) return config;
  // A configuration that is not an object is refused when the tokenizer is built.
  return config === undefined || isObject(config) ? { ...config, chat_template: template } : config;
}
