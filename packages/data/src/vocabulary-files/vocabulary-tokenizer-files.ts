// Folders without a tokenizer.json may have the files of one of transformers' classes: a SentencePiece model, vocab.json with
// merges.txt, or vocab.txt. A tokenizer.json is made from them, so that the same code reads both.

import { printable } from "@lowrank/contracts/internal";
import { tokenizerError } from "../errors.ts";
import type { TextFiles } from "../text-files.ts";

const madeFiles = ["tokenizer.json", "tokenizer_config.json"];

/**
 * The files of a folder. If it has no tokenizer.json, it and tokenizer_config.json are made from the vocabulary files as
 * transformers 5 makes them, for the classes T5, XLM-RoBERTa, CamemBERT, ALBERT, DeBERTa v2, mBART, Pegasus, LLaMA, Gemma,
 * GPT-2, RoBERTa, Whisper, Qwen 2, BERT and MPNet. Texts of Marian and M2M-100 are split as SentencePiece does. `readText`
 * throws TOKENIZER_INVALID for broken files. All other files come from the folder itself.
 */
export function vocabularyTokenizerFiles<Files extends TextFiles>(folder: Files): Files {
  let texts: Promise<ReadonlyMap<string, string> | undefined> | undefined;
  let isMade: Promise<boolean> | undefined;
  const makes = () => {
    isMade ??= hasVocabulary(folder);
    return isMade;
  };
  const textOf = async (file: string) => {
    texts ??= presentFiles(folder).then(async (present) => (await classes()).makeTexts(folder, present));
    return (await texts)?.get(file);
  };
  return {
    ...folder,
    has: async (file: string) => (await folder.has(file)) || (madeFiles.includes(file) && (await makes())),
    readText: async (file: string, limits: { readonly maxBytes: number }) => {
      const text = madeFiles.includes(file) && (await makes()) ? await textOf(file) : undefined;
      if (text === undefined) return folder.readText(file, limits);
      if (text.length <= limits.maxBytes) return text;
      throw tokenizerError([
        `${printable(folder.name)}: its ${file} would have more than ${limits.maxBytes} characters`,
      ]);
    },
  };
}

async function hasVocabulary(folder: TextFiles): Promise<boolean> {
  if (await folder.has("tokenizer.json")) return false;
  const present = await presentFiles(folder);
  return present.length > 0 && (await classes()).isMade(folder, present);
}

async function presentFiles(folder: TextFiles): Promise<readonly string[]> {
  const found = await Promise.all(vocabularyFiles.map((file) => folder.has(file)));
  return vocabularyFiles.filter((_, index) => found[index]);
}

/** Loaded on demand, because few folders need them. */
function classes(): Promise<typeof import("./make-texts.ts")> {
  return import("./make-texts.ts");
}

/** Every file that one of transformers' classes needs. */
export const vocabularyFiles: readonly string[] = [
  ...["source.spm", "target.spm", "vocab.json", "sentencepiece.bpe.model", "spiece.model", "spm.model"],
  ...["tokenizer.model", "merges.txt", "vocab.txt"],
];
