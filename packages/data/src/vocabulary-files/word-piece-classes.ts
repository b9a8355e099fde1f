// WordPiece (Wu et al. 2016) from vocab.txt, which has one token on each line.

import {
  bertTemplate,
  robertaTemplate,
  robertaTokens,
  type TextTemplate,
  type TokenizerClass,
} from "./tokenizer-draft.ts";

interface WordPieceClass extends Pick<TokenizerClass, "names" | "modelTypes" | "specialTokens"> {
  readonly template: TextTemplate;
  readonly maskTakesSpace?: boolean;
}

const classes: readonly WordPieceClass[] = [
  {
    names: ["BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer"],
    modelTypes: ["bert", "distilbert", "electra", "nomic_bert", "convbert", "ernie", "megatron-bert"],
    specialTokens: {
      unk_token: "[UNK]",
      sep_token: "[SEP]",
      pad_token: "[PAD]",
      cls_token: "[CLS]",
      mask_token: "[MASK]",
    },
    template: bertTemplate,
  },
  {
    names: ["MPNetTokenizer"],
    modelTypes: ["mpnet"],
    specialTokens: { ...robertaTokens, unk_token: "[UNK]" },
    template: robertaTemplate,
    maskTakesSpace: true,
  },
];

export const wordPieceClasses: readonly TokenizerClass[] = classes.map((row) => ({
  ...row,
  files: ["vocab.txt"],
  draft: async (source) => {
    const { config } = source;
    const lines = (await source.text("vocab.txt")).split(/\r?\n/);
    const tokens = lines.at(-1) === "" ? lines.slice(0, -1) : lines;
    const mask = source.specialToken("mask_token");
    return {
      tokens,
      model: {
        type: "WordPiece",
        unk_token: source.specialToken("unk_token") ?? null,
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
      template: row.template,
      added: row.maskTakesSpace === true && mask !== undefined ? [{ content: mask, special: true, lstrip: true }] : [],
    };
  },
}));
