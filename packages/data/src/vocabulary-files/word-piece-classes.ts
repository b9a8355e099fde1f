// WordPiece (Wu et al. 2016) as its classes save it: vocab.txt, a token a line.

import type { Frame, TokenizerClass, UsualMarks } from "./tokenizer-draft.ts";

interface WordPieceClass {
  readonly names: readonly string[];
  readonly modelTypes: readonly string[];
  readonly marks: UsualMarks;
  readonly frame: Frame;
  readonly maskTakesSpace?: boolean;
}

const classes: readonly WordPieceClass[] = [
  {
    names: ["BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer"],
    modelTypes: ["bert", "distilbert", "electra", "nomic_bert", "convbert", "ernie", "megatron-bert"],
    marks: { unk_token: "[UNK]", sep_token: "[SEP]", pad_token: "[PAD]", cls_token: "[CLS]", mask_token: "[MASK]" },
    frame: {
      single: ["cls_token", "A", "sep_token"],
      pair: ["cls_token", "A", "sep_token", "B", "sep_token"],
      hasSegments: true,
    },
  },
  {
    names: ["MPNetTokenizer"],
    modelTypes: ["mpnet"],
    marks: {
      bos_token: "<s>",
      eos_token: "</s>",
      unk_token: "[UNK]",
      sep_token: "</s>",
      pad_token: "<pad>",
      cls_token: "<s>",
      mask_token: "<mask>",
    },
    frame: {
      single: ["cls_token", "A", "sep_token"],
      pair: ["cls_token", "A", "sep_token", "sep_token", "B", "sep_token"],
    },
    maskTakesSpace: true,
  },
];

/** The classes. */
export const wordPieceClasses: readonly TokenizerClass[] = classes.map((row) => ({
  names: row.names,
  modelTypes: row.modelTypes,
  files: ["vocab.txt"],
  marks: row.marks,
  draft: async (source) => {
    const { config } = source;
    const lines = (await source.text("vocab.txt")).split(/\r?\n/);
    const tokens = lines.at(-1) === "" ? lines.slice(0, -1) : lines;
    const mask = source.mark("mask_token");
    return {
      tokens,
      model: {
        type: "WordPiece",
        unk_token: source.mark("unk_token") ?? null,
        continuing_subword_prefix: "##",
        max_input_chars_per_word: 100,
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      },
      normalizer: {
        type: "BertNormalizer",
        clean_text: true,
        handle_chinese_chars: config.tokenize_chinese_chars !== false,
        strip_accents: config.strip_accents ?? null,
        lowercase: config.do_lower_case !== false,
      },
      preTokenizer: { type: "BertPreTokenizer" },
      decoder: { type: "WordPiece", prefix: "##", cleanup: true },
      frame: row.frame,
      added: row.maskTakesSpace === true && mask !== undefined ? [{ content: mask, special: true, lstrip: true }] : [],
    };
  },
}));
