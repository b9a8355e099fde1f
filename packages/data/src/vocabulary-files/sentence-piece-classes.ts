// Tokenizers with SentencePiece's Unigram models (Kudo 2018), built as transformers 5 builds them from the file. Each class has
// special tokens of its own before, among or after the pieces.

import type { SentencePieceModel } from "../sentence-piece/sentence-piece-model.ts";
import type { DraftToken, SpecialTokenKey, TextTemplate, TokenizerClass, VocabularySource } from "./tokenizer-draft.ts";
import { bertTemplate, languagesOfMBart, languagesOfMBart50, robertaTokens } from "./tokenizer-draft.ts";

/** SentencePiece writes it for a space. */
const meta = "▁";

type Scored = readonly [piece: string, score: number];

interface UnigramClass extends Pick<TokenizerClass, "names" | "modelTypes" | "specialTokens"> {
  readonly file: string;
  /** The pieces in order of their ids, and the id of the unknown token. */
  vocabulary(
    model: SentencePieceModel,
    source: VocabularySource,
  ): { readonly scored: readonly Scored[]; readonly unknown: number };
  readonly normalizers: (charsmap: object | undefined, source: VocabularySource) => readonly object[];
  readonly preTokenizers: (source: VocabularySource) => readonly object[];
  readonly template: TextTemplate | ((source: VocabularySource) => TextTemplate);
  readonly added?: (source: VocabularySource) => readonly DraftToken[];
  /** A special token that absorbs the space before it (`lstrip`). */
  readonly stripsSpaceBefore?: SpecialTokenKey;
  readonly config?: (source: VocabularySource) => Readonly<Record<string, unknown>>;
}

const bertTokens = {
  bos_token: "[CLS]",
  eos_token: "[SEP]",
  sep_token: "[SEP]",
  cls_token: "[CLS]",
  mask_token: "[MASK]",
};

const fairseqTemplate: TextTemplate = {
  single: ["bos_token", "A", "eos_token"],
  pair: ["bos_token", "A", "eos_token", "eos_token", "B", "eos_token"],
};

const wholeWords = { type: "WhitespaceSplit" };
const oneSpace = { type: "Replace", pattern: { Regex: " {2,}" }, content: " " };
const metaspace = (prepend_scheme: string) => ({ type: "Metaspace", replacement: meta, prepend_scheme, split: true });
const words = ({ config }: VocabularySource) => [
  wholeWords,
  metaspace((config.add_prefix_space ?? true) === true ? "always" : "never"),
];
const charsmapAlone = (charsmap: object | undefined) => (charsmap === undefined ? [] : [charsmap]);

const scoredPieces = ({ pieces }: SentencePieceModel): Scored[] => pieces.map(({ text, score }) => [text, score]);
const noScore = (text: string): Scored => [text, 0];
const specialPieces = (source: VocabularySource, keys: readonly SpecialTokenKey[]) =>
  keys.flatMap((key) => source.specialToken(key) ?? []).map(noScore);

/** fairseq's order: special tokens first, then the normal pieces, then `behind` and the mask token. */
function fairseqPieces(model: SentencePieceModel, source: VocabularySource, behind: readonly string[] = []) {
  const first = specialPieces(source, ["bos_token", "pad_token", "eos_token", "unk_token"]);
  const last = [...behind.map(noScore), ...specialPieces(source, ["mask_token"])];
  return { scored: [...first, ...scoredPieces(model).slice(3), ...last], unknown: 3 };
}

const special = (content: string): DraftToken => ({ content, special: true });
const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);

const unigrams: readonly UnigramClass[] = [
  {
    names: ["T5Tokenizer"],
    modelTypes: ["t5", "mt5", "umt5", "switch_transformers"],
    file: "spiece.model",
    specialTokens: { eos_token: "</s>", unk_token: "<unk>", pad_token: "<pad>" },
    vocabulary: (model, source) => {
      const scored = [...scoredPieces(model), ...sentinels(source).map(({ content }) => noScore(content))];
      return { scored, unknown: 2 };
    },
    normalizers: charsmapAlone,
    preTokenizers: () => [wholeWords, metaspace("always")],
    template: { single: ["A", "eos_token"], pair: ["A", "eos_token", "B", "eos_token"] },
    added: sentinels,
  },
  {
    names: ["XLMRobertaTokenizer"],
    modelTypes: ["xlm-roberta", "xlm-roberta-xl", "xmod"],
    file: "sentencepiece.bpe.model",
    specialTokens: robertaTokens,
    vocabulary: fairseqPieces,
    normalizers: charsmapAlone,
    preTokenizers: words,
    template: fairseqTemplate,
  },
  {
    names: ["CamembertTokenizer"],
    modelTypes: ["camembert"],
    file: "sentencepiece.bpe.model",
    specialTokens: robertaTokens,
    vocabulary: (model, source) => {
      const [pad = "<pad>", unknown = "<unk>"] = [source.specialToken("pad_token"), source.specialToken("unk_token")];
      const first: Scored[] = [
        ["<s>NOTUSED", 0],
        [pad, 0],
        ["</s>NOTUSED", 0],
        [unknown, 0],
        ["<unk>NOTUSED", -100],
      ];
      const last = specialPieces(source, ["mask_token"]);
      return { scored: [...first, ...scoredPieces(model).slice(1), ...last], unknown: 3 };
    },
    normalizers: charsmapAlone,
    preTokenizers: words,
    template: fairseqTemplate,
    stripsSpaceBefore: "mask_token",
  },
  {
    names: ["AlbertTokenizer"],
    modelTypes: ["albert", "yoso"],
    file: "spiece.model",
    specialTokens: { ...bertTokens, unk_token: "<unk>", pad_token: "<pad>" },
    vocabulary: (model) => ({ scored: scoredPieces(model), unknown: 1 }),
    normalizers: (charsmap, { config }) => [
      ...["``", "''"].map((quotes) => ({ type: "Replace", pattern: { String: quotes }, content: '"' })),
      ...(config.keep_accents === true ? [] : [{ type: "NFKD" }, { type: "StripAccents" }]),
      ...(config.do_lower_case === false ? [] : [{ type: "Lowercase" }]),
      ...charsmapAlone(charsmap),
    ],
    preTokenizers: words,
    template: bertTemplate,
  },
  {
    names: ["DebertaV2Tokenizer"],
    modelTypes: ["deberta-v2"],
    file: "spm.model",
    specialTokens: { ...bertTokens, unk_token: "[UNK]", pad_token: "[PAD]" },
    vocabulary: (model, source) => {
      const at = model.pieces.findIndex(({ text, score }) => text === source.specialToken("unk_token") && score === 0);
      return { scored: scoredPieces(model), unknown: at === -1 ? model.unknownId : at };
    },
    // transformers 5 does not use the file's charsmap.
    normalizers: (_, { config }) => [
      ...(config.do_lower_case === true ? [{ type: "Lowercase" }] : []),
      { type: "Replace", pattern: { Regex: "\\s{2,}|[\\n\\r\\t]" }, content: " " },
      { type: "NFC" },
      { type: "Strip", strip_left: false, strip_right: true },
    ],
    preTokenizers: ({ config }) => [
      ...(config.split_by_punct === true ? [{ type: "Punctuation", behavior: "Isolated" }] : []),
      metaspace((config.add_prefix_space ?? true) === true ? "always" : "first"),
    ],
    template: bertTemplate,
  },
  {
    names: ["MBartTokenizer"],
    modelTypes: ["mbart"],
    file: "sentencepiece.bpe.model",
    specialTokens: robertaTokens,
    vocabulary: (model, source) => fairseqPieces(model, source, languagesOfMBart),
    // As for DeBERTa, transformers 5 does not use the file's charsmap.
    normalizers: () => [],
    preTokenizers: () => [wholeWords, metaspace("always")],
    template: (source) => ({
      single: ["A", "eos_token", sourceLanguage(source)],
      pair: ["A", "B", "eos_token", sourceLanguage(source)],
    }),
    added: () => languagesOfMBart.map(special),
    stripsSpaceBefore: "mask_token",
    config: (source) => ({ src_lang: sourceLanguage(source) }),
  },
  {
    names: ["MBart50Tokenizer"],
    modelTypes: ["mbart50"],
    file: "sentencepiece.bpe.model",
    specialTokens: { ...robertaTokens, bos_token: undefined as never },
    vocabulary: (model, source) => {
      const first = specialPieces(source, ["cls_token", "pad_token", "eos_token", "unk_token"]);
      const last = [...languagesOfMBart50.map(noScore), ...specialPieces(source, ["mask_token"])];
      return { scored: [...first, ...scoredPieces(model).slice(3), ...last], unknown: 3 };
    },
    normalizers: (charsmap) => [...charsmapAlone(charsmap), oneSpace],
    preTokenizers: () => [metaspace("always")],
    template: (source) => ({
      single: [sourceLanguage(source), "A", "eos_token"],
      pair: [sourceLanguage(source), "A", "B", "eos_token"],
    }),
    added: () => languagesOfMBart50.map(special),
    stripsSpaceBefore: "mask_token",
    config: (source) => ({ src_lang: sourceLanguage(source) }),
  },
  {
    names: ["PegasusTokenizer"],
    modelTypes: ["pegasus"],
    file: "spiece.model",
    specialTokens: { eos_token: "</s>", unk_token: "<unk>", pad_token: "<pad>", mask_token: "<mask_2>" },
    vocabulary: (model, source) => {
      const first = [...specialPieces(source, ["pad_token", "eos_token"]), noScore("<mask_1>"), noScore("<mask_2>")];
      const unused = numbers(pegasusOffset(source))
        .slice(2)
        .map((number): Scored => [`<unk_${number}>`, -100]);
      const scored = [...first, ...unused, ...scoredPieces(model).slice(2)];
      return { scored, unknown: scored.findIndex(([text]) => text === source.specialToken("unk_token")) };
    },
    normalizers: (charsmap) => [charsmap ?? { type: "Replace", pattern: { Regex: "\\n" }, content: " " }, oneSpace],
    preTokenizers: () => [metaspace("always")],
    template: { single: ["A", "eos_token"], pair: ["A", "B", "eos_token"] },
    added: (source) =>
      [
        "<mask_1>",
        ...numbers(pegasusOffset(source))
          .slice(2)
          .map((number) => `<unk_${number}>`),
      ].map(special),
  },
];

/** T5's sentinels, which replace masked text, in descending order. */
function sentinels({ config }: VocabularySource): readonly DraftToken[] {
  const count = typeof config.extra_ids === "number" ? Math.min(config.extra_ids, maxSentinels) : 100;
  return numbers(count)
    .reverse()
    .map((number) => special(`<extra_id_${number}>`));
}

const maxSentinels = 10_000;

function pegasusOffset({ config }: VocabularySource): number {
  return typeof config.offset === "number" ? Math.min(config.offset, maxSentinels) : 103;
}

function sourceLanguage({ config }: VocabularySource): string {
  return typeof config.src_lang === "string" ? config.src_lang : "en_XX";
}

export const sentencePieceClasses: readonly TokenizerClass[] = unigrams.map((row) => ({
  ...row,
  files: [row.file],
  draft: async (source) => {
    const model = await source.sentencePiece(row.file);
    const { scored, unknown } = row.vocabulary(model, source);
    const { charsmap } = model.normalizer;
    const part = charsmap === undefined ? undefined : precompiled(charsmap);
    const preTokenizers = row.preTokenizers(source);
    const stripped = row.stripsSpaceBefore === undefined ? undefined : source.specialToken(row.stripsSpaceBefore);
    return {
      tokens: scored.map(([text]) => text),
      model: { type: "Unigram", unk_id: unknown, vocab: scored, byte_fallback: false },
      normalizer: sequenceOf(row.normalizers(part, source)),
      preTokenizer: { type: "Sequence", pretokenizers: preTokenizers },
      decoder: metaspace("always"),
      template: typeof row.template === "function" ? row.template(source) : row.template,
      added: [
        ...(stripped === undefined ? [] : [{ ...special(stripped), lstrip: true }]),
        ...controlPieces(model),
        ...(row.added?.(source) ?? []),
      ],
      ...(row.config === undefined ? {} : { config: row.config(source) }),
    };
  },
}));

export function precompiled(charsmap: Uint8Array): object {
  return { type: "Precompiled", precompiled_charsmap: encodeBase64(charsmap) };
}

export function sequenceOf(normalizers: readonly object[]): object | null {
  return normalizers.length === 0 ? null : { type: "Sequence", normalizers };
}

/** Pieces that are added tokens: control pieces, which never come from text, and user-defined pieces, which are never split. */
export function controlPieces({ pieces }: SentencePieceModel): readonly DraftToken[] {
  return pieces.flatMap(({ text, kind }) =>
    kind === "control" || kind === "user-defined" ? [{ content: text, special: kind === "control" }] : [],
  );
}

function encodeBase64(bytes: Uint8Array): string {
  let characters = "";
  // JavaScript engines limit the number of arguments in one call.
  for (let at = 0; at < bytes.length; at += 8192) characters += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(characters);
}
