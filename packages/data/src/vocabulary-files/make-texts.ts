// Makes the texts of tokenizer.json and tokenizer_config.json from a folder's vocabulary files.

import { isObject, type JsonObject, parseJson, printable } from "@lowrank/contracts/internal";
import { tokenizerError } from "../errors.ts";
import { readSentencePiece } from "../sentence-piece/sentence-piece-model.ts";
import type { TextFiles } from "../text-files.ts";
import { byteLevelClasses } from "./byte-level-classes.ts";
import { bytePairClasses } from "./byte-pair-classes.ts";
import { type FinishedTokenizer, finishedTokenizer, specialTokenOf } from "./finished-tokenizer.ts";
import { sentencePieceClasses } from "./sentence-piece-classes.ts";
import type { TokenizerClass, VocabularySource } from "./tokenizer-draft.ts";
import { numberedTokens } from "./tokenizer-draft.ts";
import { translationClasses } from "./translation-classes.ts";
import { wordPieceClasses } from "./word-piece-classes.ts";

/** Gemma's tokenizer.model has 4 MB; a vocab.json or merges.txt of a large vocabulary has as many. */
const maxBytes = 64_000_000;

/** Whether the folder names a class whose files are among those `present`. */
export async function isMade(folder: TextFiles, present: readonly string[]): Promise<boolean> {
  return chosenClass(await namesOf(folder), present) !== undefined;
}

/** The names by which the class of a tokenizer is chosen. */
async function namesOf(folder: TextFiles): Promise<{ readonly className: unknown; readonly modelType: unknown }> {
  const [tokenizer, model] = await Promise.all(
    ["tokenizer_config.json", "config.json"].map((file) => optionalJson(folder, file)),
  );
  return { className: tokenizer?.tokenizer_class ?? model?.tokenizer_class, modelType: model?.model_type };
}

/** Both texts by file name; undefined if the folder names no supported class. Throws TOKENIZER_INVALID for broken files. */
export async function makeTexts(
  folder: TextFiles,
  present: readonly string[],
): Promise<ReadonlyMap<string, string> | undefined> {
  const chosen = chosenClass(await namesOf(folder), present);
  if (chosen === undefined) return undefined;
  const { tokenizerJson, tokenizerConfig } = await finish(folder, chosen);
  return new Map([
    ["tokenizer.json", JSON.stringify(tokenizerJson)],
    ["tokenizer_config.json", JSON.stringify(tokenizerConfig, undefined, 2)],
  ]);
}

async function finish(folder: TextFiles, chosen: TokenizerClass): Promise<FinishedTokenizer> {
  const tokenizerConfig = (await optionalJson(folder, "tokenizer_config.json")) ?? {};
  const map = (await optionalJson(folder, "special_tokens_map.json")) ?? {};
  const added = await optionalJson(folder, "added_tokens.json");
  const config = { ...map, ...tokenizerConfig };
  const facts = {
    config,
    addedIds: added === undefined ? new Map() : numberedTokens(added, "added_tokens.json"),
    specialTokens: chosen.specialTokens,
  };
  const source: VocabularySource = {
    config,
    specialToken: (key) => specialTokenOf(facts, key),
    sentencePiece: async (file) => readSentencePiece(await bytesOf(folder, file), `${printable(folder.name)}/${file}`),
    json: (file) => readJson(folder, file),
    text: (file) => folder.readText(file, { maxBytes }),
  };
  return finishedTokenizer(await chosen.draft(source), facts);
}

async function optionalJson(folder: TextFiles, file: string): Promise<JsonObject | undefined> {
  if (!(await folder.has(file))) return undefined;
  const json = await readJson(folder, file);
  return isObject(json) ? json : undefined;
}

async function readJson(folder: TextFiles, file: string): Promise<unknown> {
  const text = await folder.readText(file, { maxBytes });
  return parseJson(text, {
    refuse: (reason, cause) => tokenizerError([`${printable(folder.name)}: ${file} ${reason}`], { cause }),
  });
}

async function bytesOf(folder: TextFiles, file: string): Promise<Uint8Array> {
  const source = await folder.open?.(file);
  if (source === undefined) throw tokenizerError([`${printable(folder.name)}: ${file} cannot be read as bytes`]);
  try {
    if (source.size > maxBytes) throw tokenizerError([`${file}: ${source.size} bytes, more than ${maxBytes}`]);
    return await source.read(0, source.size);
  } finally {
    await source.close?.();
  }
}

const classes: readonly TokenizerClass[] = [
  ...translationClasses,
  ...sentencePieceClasses,
  ...bytePairClasses,
  ...byteLevelClasses,
  ...wordPieceClasses,
];

/** Every file that some class needs. */
export const filesOfClasses: ReadonlySet<string> = new Set(classes.flatMap(({ files }) => files));

/** The class that a folder names, by tokenizer_config.json or the model's type, if all its files are present. */
function chosenClass(
  { className, modelType }: { readonly className: unknown; readonly modelType: unknown },
  present: readonly string[],
): TokenizerClass | undefined {
  const name = typeof className === "string" ? className.replace(/Fast$/, "") : undefined;
  const possible = classes.filter(({ files }) => files.every((file) => present.includes(file)));
  // Some published folders name a class that was replaced since. If the class is unknown, the model's type decides.
  return (
    possible.find(({ names }) => name !== undefined && names.includes(name)) ??
    possible.find(({ modelTypes }) => modelTypes.some((type) => type === modelType))
  );
}
