// Byte-level BPE (Radford et al. 2019) from vocab.json and merges.txt.

import { tokenizerError } from "../errors.ts";
import { bpeModel, type Merge } from "../tokenizer-json/bpe-model.ts";
import { configuredTemplate } from "./byte-pair-classes.ts";
import type { TextTemplate, TokenizerClass, TokenizerDraft, VocabularySource } from "./tokenizer-draft.ts";
import { numberedTokens, robertaTemplate, robertaTokens, tokensInOrder } from "./tokenizer-draft.ts";

interface ByteLevelClass extends Pick<TokenizerClass, "names" | "modelTypes" | "specialTokens"> {
  readonly normalizer?: object;
  /** Splits a text before its bytes are written as letters. Default: GPT-2's pattern. */
  readonly pattern?: string;
  readonly template: (source: VocabularySource) => TextTemplate | null;
}

const endOfText = "<|endoftext|>";
const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";

const classes: readonly ByteLevelClass[] = [
  {
    names: ["GPT2Tokenizer"],
    modelTypes: ["gpt2", "gpt_neo", "gptj", "opt", "phi", "codegen", "starcoder2"],
    specialTokens: { bos_token: endOfText, eos_token: endOfText, unk_token: endOfText },
    template: configuredTemplate,
  },
  {
    names: ["RobertaTokenizer", "BartTokenizer", "LongformerTokenizer"],
    modelTypes: ["roberta", "bart", "longformer", "data2vec-text"],
    specialTokens: robertaTokens,
    template: () => robertaTemplate,
  },
  {
    names: ["WhisperTokenizer"],
    modelTypes: ["whisper"],
    specialTokens: { bos_token: endOfText, eos_token: endOfText, unk_token: endOfText },
    template: ({ config }) => {
      const prefix = ["<|startoftranscript|>", ...(config.predict_timestamps === true ? [] : ["<|notimestamps|>"])];
      return { single: [...prefix, "A", "eos_token"], pair: [...prefix, "A", "B", "eos_token"], hasSegments: true };
    },
  },
  {
    names: ["Qwen2Tokenizer"],
    modelTypes: ["qwen2", "qwen3", "qwen2_moe", "qwen3_moe"],
    specialTokens: { eos_token: endOfText, unk_token: endOfText, pad_token: endOfText },
    normalizer: { type: "NFC" },
    pattern: `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
    template: configuredTemplate,
  },
];

export const byteLevelClasses: readonly TokenizerClass[] = classes.map((row) => ({
  ...row,
  files: ["vocab.json", "merges.txt"],
  draft: (source) => draft(row, source),
}));

async function draft(row: ByteLevelClass, source: VocabularySource): Promise<TokenizerDraft> {
  const ids = numberedTokens(await source.json("vocab.json"), "vocab.json");
  const bytes = { type: "ByteLevel", add_prefix_space: source.config.add_prefix_space === true, trim_offsets: true };
  const { pattern } = row;
  return {
    tokens: tokensInOrder(ids),
    model: bpeModel(mergesOf(await source.text("merges.txt"), ids), {
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      ignore_merges: false,
      vocab: Object.fromEntries(ids),
    }),
    normalizer: row.normalizer ?? null,
    preTokenizer:
      pattern === undefined
        ? { ...bytes, use_regex: true }
        : {
            type: "Sequence",
            pretokenizers: [
              { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false },
              { ...bytes, use_regex: false },
            ],
          },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    template: row.template(source),
    added: [],
  };
}

/** merges.txt has two tokens on each line, in order of rank. A line with "#version" is the version of the format. */
function mergesOf(text: string, ids: ReadonlyMap<string, number>): readonly Merge[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#version"));
  return lines.map((line, index) => {
    const [left, right, ...more] = line.trimEnd().split(" ");
    const isMerge = left !== undefined && right !== undefined && more.length === 0;
    if (isMerge && ids.has(left) && ids.has(right)) return [left, right] as const;
    const shown = JSON.stringify(line.slice(0, 40));
    throw tokenizerError([
      `merges.txt: expected two tokens of vocab.json on each line, got ${shown} on line ${index + 1}`,
    ]);
  });
}
