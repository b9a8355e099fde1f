// Folders that have no tokenizer.json, but the files of one of transformers' classes: SentencePiece models, vocab.json with
// merges.txt, vocab.txt. A tokenizer.json is made of these, so that all that reads a tokenizer reads this one, too.

import { parseJson, printable } from "@lowrank/contracts";
import { TokenizerError } from "../errors.ts";
import { isObject, type JsonObject } from "../json-object.ts";
import { readSentencePiece } from "../sentence-piece/sentence-piece-model.ts";
import type { TextFiles } from "../text-files.ts";
import { type FinishedTokenizer, finishedTokenizer, markOf } from "./finished-tokenizer.ts";
import { chosenClass, vocabularyFiles } from "./tokenizer-classes.ts";
import type { TokenizerClass, VocabularySource } from "./tokenizer-draft.ts";
import { numberedTokens } from "./word-ids.ts";

/** Gemma's tokenizer.model has 4 MB; a vocab.json or merges.txt of a large vocabulary has as many. */
const maxBytes = 64_000_000;
const madeFiles = ["tokenizer.json", "tokenizer_config.json"];

/**
 * The files of a folder, with a tokenizer.json and a tokenizer_config.json made of its vocabulary where it has no tokenizer.json:
 * as transformers 5 makes them, for the classes T5, XLM-RoBERTa, CamemBERT, ALBERT, DeBERTa v2, mBART, Pegasus, LLaMA, Gemma,
 * GPT-2, RoBERTa, Whisper, Qwen 2, BERT and MPNet; texts of Marian and M2M-100 are cut as SentencePiece cuts them. `readText`
 * throws TokenizerError for files that are broken; whatever else is asked for comes from the folder itself.
 *
 * @example
 * ```ts
 * import { openTokenizer, vocabularyTokenizerFiles } from "@lowrank/data";
 *
 * const texts = new Map([
 *   ["config.json", '{"model_type": "bert"}'],
 *   ["vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello"],
 * ]);
 * const folder = {
 *   name: "model",
 *   has: async (file: string) => texts.has(file),
 *   readText: async (file: string) => texts.get(file) ?? "",
 * };
 * const tokenizer = await openTokenizer(vocabularyTokenizerFiles(folder));
 * if (tokenizer.encode("Hello").join() !== "2,5,3") throw new Error("wrong ids");
 * ```
 */
export function vocabularyTokenizerFiles<Files extends TextFiles>(folder: Files): Files {
  let made: Promise<ReadonlyMap<string, string> | undefined> | undefined;
  let isMade: Promise<boolean> | undefined;
  const makes = () => {
    isMade ??= hasVocabulary(folder);
    return isMade;
  };
  const textOf = async (file: string) => {
    made ??= makeTexts(folder);
    return (await made)?.get(file);
  };
  return {
    ...folder,
    has: async (file: string) => (await folder.has(file)) || (madeFiles.includes(file) && (await makes())),
    readText: async (file: string, limits: { readonly maxBytes: number }) => {
      const text = madeFiles.includes(file) && (await makes()) ? await textOf(file) : undefined;
      if (text === undefined) return folder.readText(file, limits);
      if (text.length <= limits.maxBytes) return text;
      throw new TokenizerError([
        `${printable(folder.name)}: its ${file} would have more than ${limits.maxBytes} characters`,
      ]);
    },
  };
}

async function hasVocabulary(folder: TextFiles): Promise<boolean> {
  if (await folder.has("tokenizer.json")) return false;
  const present = await presentFiles(folder);
  return present.length > 0 && chosenClass(await namesOf(folder), present) !== undefined;
}

async function presentFiles(folder: TextFiles): Promise<readonly string[]> {
  const found = await Promise.all(vocabularyFiles.map((file) => folder.has(file)));
  return vocabularyFiles.filter((_, index) => found[index]);
}

/** What says of which class a tokenizer is. */
async function namesOf(folder: TextFiles): Promise<{ readonly className: unknown; readonly modelType: unknown }> {
  const [tokenizer, model] = await Promise.all(
    ["tokenizer_config.json", "config.json"].map((file) => optionalJson(folder, file)),
  );
  return { className: tokenizer?.tokenizer_class ?? model?.tokenizer_class, modelType: model?.model_type };
}

async function makeTexts(folder: TextFiles): Promise<ReadonlyMap<string, string> | undefined> {
  const chosen = chosenClass(await namesOf(folder), await presentFiles(folder));
  if (chosen === undefined) return undefined;
  const { tokenizerJson, tokenizerConfig } = await finish(folder, chosen);
  return new Map([
    ["tokenizer.json", JSON.stringify(tokenizerJson)],
    ["tokenizer_config.json", JSON.stringify(tokenizerConfig, undefined, 2)],
  ]);
}

async function finish(folder: TextFiles, chosen: TokenizerClass): Promise<FinishedTokenizer> {
  const own = (await optionalJson(folder, "tokenizer_config.json")) ?? {};
  const map = (await optionalJson(folder, "special_tokens_map.json")) ?? {};
  const added = await optionalJson(folder, "added_tokens.json");
  const config = { ...map, ...own };
  const words = {
    config,
    addedIds: added === undefined ? new Map() : numberedTokens(added, "added_tokens.json"),
    marks: chosen.marks,
  };
  const source: VocabularySource = {
    config,
    mark: (key) => markOf(words, key),
    sentencePiece: async (file) => readSentencePiece(await bytesOf(folder, file), `${printable(folder.name)}/${file}`),
    json: (file) => readJson(folder, file),
    text: (file) => folder.readText(file, { maxBytes }),
  };
  return finishedTokenizer(await chosen.draft(source), words);
}

async function optionalJson(folder: TextFiles, file: string): Promise<JsonObject | undefined> {
  if (!(await folder.has(file))) return undefined;
  const json = await readJson(folder, file);
  return isObject(json) ? json : undefined;
}

async function readJson(folder: TextFiles, file: string): Promise<unknown> {
  const text = await folder.readText(file, { maxBytes });
  return parseJson(text, {
    refuse: (reason, cause) => new TokenizerError([`${printable(folder.name)}: ${file} ${reason}`], { cause }),
  });
}

async function bytesOf(folder: TextFiles, file: string): Promise<Uint8Array> {
  const source = await folder.open?.(file);
  if (source === undefined)
    throw new TokenizerError([`${printable(folder.name)}: ${file} cannot be read as bytes here`]);
  try {
    if (source.size > maxBytes) throw new TokenizerError([`${file}: ${source.size} bytes, more than ${maxBytes}`]);
    return await source.read(0, source.size);
  } finally {
    await source.close?.();
  }
}
