// Byte-level BPE in GGUF files (the tokenizer model "gpt2"). The file has only a name for how text is split into words
// (`tokenizer.ggml.pre`). This table has the rules behind each name, taken from the models' tokenizer.json.

import { isObject, type JsonObject } from "@lowrank/contracts/internal";
import { tokenizerError } from "../errors.ts";
import { bpeModel } from "../tokenizer-json/bpe-model.ts";
import type { GgufVocabulary, TokenizerParts } from "./gguf-vocabulary.ts";

interface SplitRule {
  /** Values of `tokenizer.ggml.pre`. */
  readonly names: readonly string[];
  readonly preTokenizers: readonly object[];
  readonly normalizer?: object;
  /** Whether a word that is a token stays whole, without merges (`ignore_merges`). */
  readonly keepsWholeWords?: boolean;
  /** Whether a text starts with the bos token, if the file does not define it. */
  readonly addsBos?: boolean;
}

/** Splits as GPT-2 does (Radford et al. 2019), and writes bytes as letters. */
const gpt2Words = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
/** Writes bytes as letters only, after a pattern has split the text. */
const bytesOnly = { ...gpt2Words, use_regex: false };
const singleDigits = { type: "Digits", individual_digits: true };

function splitAt(...patterns: readonly string[]): readonly object[] {
  return [{ type: "Split", pattern: { Regex: patterns.join("|") }, behavior: "Isolated", invert: false }, bytesOnly];
}

const contractions = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";
const letters = "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+";
const symbols = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*";
const spaces = ["\\s*[\\r\\n]+", "\\s+(?!\\S)", "\\s+"] as const;
/** Letters of upper and lower case, with those that have no case, and marks. */
export const [upper, lower] = ["[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]", "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"];
const before = "[^\\r\\n\\p{L}\\p{N}]?";

const rules: readonly SplitRule[] = [
  { names: ["gpt-2", "phi-2", "olmo", "mpt"], preTokenizers: [gpt2Words] },
  { names: ["smollm", "starcoder", "refact"], preTokenizers: [singleDigits, gpt2Words] },
  {
    // Llama 3 and LFM2
    names: ["llama-bpe", "llama3", "llama-v3", "lfm2"],
    preTokenizers: splitAt(contractions, letters, "\\p{N}{1,3}", symbols, ...spaces),
    keepsWholeWords: true,
    addsBos: true,
  },
  // OLMo 2 and Phi 4
  { names: ["dbrx", "smaug-bpe"], preTokenizers: splitAt(contractions, letters, "\\p{N}{1,3}", symbols, ...spaces) },
  {
    names: ["falcon"],
    preTokenizers: [
      { type: "Punctuation", behavior: "Contiguous" },
      gpt2Words,
      { type: "Digits", individual_digits: false },
      { type: "Split", pattern: { Regex: "[0-9][0-9][0-9]" }, behavior: "Isolated", invert: false },
    ],
  },
  { names: ["bloom"], preTokenizers: splitAt(" ?[^(\\s|[.,!?…。，、।۔،])]+") },
  {
    names: ["qwen2"],
    normalizer: { type: "NFC" },
    preTokenizers: splitAt(contractions, letters, "\\p{N}", symbols, ...spaces),
  },
  {
    // Mistral Nemo
    names: ["tekken"],
    preTokenizers: splitAt(
      `${before}${upper}*${lower}+`,
      `${before}${upper}+${lower}*`,
      "\\p{N}",
      " ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*",
      ...spaces,
    ),
    keepsWholeWords: true,
    addsBos: true,
  },
];

/** The settings of each part of a `pre_tokenizer` that define how it splits, as comparable texts. */
function splittingParts(value: unknown): readonly string[] {
  if (!isObject(value)) return [];
  const { type, pretokenizers, pattern, behavior, individual_digits, use_regex = true, add_prefix_space } = value;
  if (type === "Sequence" && Array.isArray(pretokenizers)) return pretokenizers.flatMap(splittingParts);
  const regex = isObject(pattern) ? String(pattern.Regex).replace(foldedContractions, contractions) : undefined;
  const settings = type === "ByteLevel" ? { use_regex, add_prefix_space } : { regex, behavior, individual_digits };
  return [JSON.stringify({ type, ...settings })];
}

/** Equal to `contractions`, written with a flag for both cases. */
const foldedContractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";

/** `tokenizer.ggml.pre` for a tokenizer.json; undefined if llama.cpp has no such rule. */
export function preTokenizerName({ pre_tokenizer, model }: JsonObject): string | undefined {
  const parts = splittingParts(pre_tokenizer).join();
  const keepsWholeWords = isObject(model) && model.ignore_merges === true;
  const [found] = rules.filter(
    (rule) =>
      splittingParts({ type: "Sequence", pretokenizers: rule.preTokenizers }).join() === parts &&
      (rule.keepsWholeWords ?? false) === keepsWholeWords,
  );
  return found?.names[0];
}

/** The parts of a byte-level tokenizer. Throws TOKENIZER_INVALID for an unknown `pre`, and without merges. */
export function byteLevelParts({ pre, merges }: GgufVocabulary): TokenizerParts {
  const rule = rules.find(({ names }) => pre !== undefined && names.includes(pre));
  if (rule === undefined) {
    const knownNames = rules.flatMap(({ names }) => names).join(", ");
    const got = pre === undefined ? "is missing" : `is ${JSON.stringify(pre)}`;
    throw tokenizerError([
      `tokenizer.ggml.pre ${got}; expected a known way to split text into words: ${knownNames}`,
      "put the model's own tokenizer.json into the folder of the .gguf file",
    ]);
  }
  if (merges === undefined) throw tokenizerError(["tokenizer.ggml.merges: missing, needed to split text"]);
  return {
    normalizer: rule.normalizer ?? null,
    preTokenizer: { type: "Sequence", pretokenizers: rule.preTokenizers },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: bpeModel(merges, { ignore_merges: rule.keepsWholeWords ?? false }),
    addsBos: rule.addsBos ?? false,
    defaultTokens: {},
  };
}
