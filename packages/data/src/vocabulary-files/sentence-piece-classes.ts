// Tokenizers of the Unigram models of SentencePiece (Kudo 2018), as transformers 5 makes them of the file alone: each class puts
// marks of its own before, between or behind the pieces.

import type { SentencePieceModel } from "../sentence-piece/sentence-piece-model.ts";
import type { DraftToken, Frame, MarkKey, TokenizerClass, VocabularySource } from "./tokenizer-draft.ts";
import { bertFrame, languagesOfMBart, languagesOfMBart50, robertaMarks } from "./tokenizer-draft.ts";

/** How a space is written. */
const mark = "▁";

type Scored = readonly [piece: string, score: number];

interface UnigramClass extends Pick<TokenizerClass, "names" | "modelTypes" | "marks"> {
  readonly file: string;
  /** The pieces in order of their ids, with the id of the unknown one. */
  vocabulary(
    model: SentencePieceModel,
    source: VocabularySource,
  ): { readonly scored: readonly Scored[]; readonly unknown: number };
  readonly normalizers: (charsmap: object | undefined, source: VocabularySource) => readonly object[];
  readonly preTokenizers: (source: VocabularySource) => readonly object[];
  readonly frame: Frame | ((source: VocabularySource) => Frame);
  readonly added?: (source: VocabularySource) => readonly DraftToken[];
  /** Marks that take the space before them. */
  readonly takesSpace?: MarkKey;
  readonly config?: (source: VocabularySource) => Readonly<Record<string, unknown>>;
}

const bertMarks = {
  bos_token: "[CLS]",
  eos_token: "[SEP]",
  sep_token: "[SEP]",
  cls_token: "[CLS]",
  mask_token: "[MASK]",
};

const fairseqFrame: Frame = {
  single: ["bos_token", "A", "eos_token"],
  pair: ["bos_token", "A", "eos_token", "eos_token", "B", "eos_token"],
};

const wholeWords = { type: "WhitespaceSplit" };
const oneSpace = { type: "Replace", pattern: { Regex: " {2,}" }, content: " " };
const metaspace = (prepend_scheme: string) => ({ type: "Metaspace", replacement: mark, prepend_scheme, split: true });
const words = ({ config }: VocabularySource) => [
  wholeWords,
  metaspace((config.add_prefix_space ?? true) === true ? "always" : "never"),
];
const charsmapAlone = (charsmap: object | undefined) => (charsmap === undefined ? [] : [charsmap]);

const scoredPieces = ({ pieces }: SentencePieceModel): Scored[] => pieces.map(({ text, score }) => [text, score]);
const noScore = (text: string): Scored => [text, 0];
const marksOf = (source: VocabularySource, keys: readonly MarkKey[]) =>
  keys.flatMap((key) => source.mark(key) ?? []).map(noScore);

/** fairseq's order of marks, before the pieces that are none. */
function fairseqPieces(model: SentencePieceModel, source: VocabularySource, behind: readonly string[] = []) {
  const first = marksOf(source, ["bos_token", "pad_token", "eos_token", "unk_token"]);
  const last = [...behind.map(noScore), ...marksOf(source, ["mask_token"])];
  return { scored: [...first, ...scoredPieces(model).slice(3), ...last], unknown: 3 };
}

const special = (content: string): DraftToken => ({ content, special: true });
const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);

const unigrams: readonly UnigramClass[] = [
  {
    names: ["T5Tokenizer"],
    modelTypes: ["t5", "mt5", "umt5", "switch_transformers"],
    file: "spiece.model",
    marks: { eos_token: "</s>", unk_token: "<unk>", pad_token: "<pad>" },
    vocabulary: (model, source) => {
      const scored = [...scoredPieces(model), ...sentinels(source).map(({ content }) => noScore(content))];
      return { scored, unknown: 2 };
    },
    normalizers: charsmapAlone,
    preTokenizers: () => [wholeWords, metaspace("always")],
    frame: { single: ["A", "eos_token"], pair: ["A", "eos_token", "B", "eos_token"] },
    added: sentinels,
  },
  {
    names: ["XLMRobertaTokenizer"],
    modelTypes: ["xlm-roberta", "xlm-roberta-xl", "xmod"],
    file: "sentencepiece.bpe.model",
    marks: robertaMarks,
    vocabulary: fairseqPieces,
    normalizers: charsmapAlone,
    preTokenizers: words,
    frame: fairseqFrame,
  },
  {
    names: ["CamembertTokenizer"],
    modelTypes: ["camembert"],
    file: "sentencepiece.bpe.model",
    marks: robertaMarks,
    vocabulary: (model, source) => {
      const [pad = "<pad>", unknown = "<unk>"] = [source.mark("pad_token"), source.mark("unk_token")];
      const first: Scored[] = [
        ["<s>NOTUSED", 0],
        [pad, 0],
        ["</s>NOTUSED", 0],
        [unknown, 0],
        ["<unk>NOTUSED", -100],
      ];
      return { scored: [...first, ...scoredPieces(model).slice(1), ...marksOf(source, ["mask_token"])], unknown: 3 };
    },
    normalizers: charsmapAlone,
    preTokenizers: words,
    frame: fairseqFrame,
    takesSpace: "mask_token",
  },
  {
    names: ["AlbertTokenizer"],
    modelTypes: ["albert", "yoso"],
    file: "spiece.model",
    marks: { ...bertMarks, unk_token: "<unk>", pad_token: "<pad>" },
    vocabulary: (model) => ({ scored: scoredPieces(model), unknown: 1 }),
    normalizers: (charsmap, { config }) => [
      ...["``", "''"].map((quotes) => ({ type: "Replace", pattern: { String: quotes }, content: '"' })),
      ...(config.keep_accents === true ? [] : [{ type: "NFKD" }, { type: "StripAccents" }]),
      ...(config.do_lower_case === false ? [] : [{ type: "Lowercase" }]),
      ...charsmapAlone(charsmap),
    ],
    preTokenizers: words,
    frame: bertFrame,
  },
  {
    names: ["DebertaV2Tokenizer"],
    modelTypes: ["deberta-v2"],
    file: "spm.model",
    marks: { ...bertMarks, unk_token: "[UNK]", pad_token: "[PAD]" },
    vocabulary: (model, source) => {
      const at = model.pieces.findIndex(({ text, score }) => text === source.mark("unk_token") && score === 0);
      return { scored: scoredPieces(model), unknown: at === -1 ? model.unknownId : at };
    },
    // Without the file's own map: transformers 5 leaves it out.
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
    frame: bertFrame,
  },
  {
    names: ["MBartTokenizer"],
    modelTypes: ["mbart"],
    file: "sentencepiece.bpe.model",
    marks: robertaMarks,
    vocabulary: (model, source) => fairseqPieces(model, source, languagesOfMBart),
    // As DeBERTa's.
    normalizers: () => [],
    preTokenizers: () => [wholeWords, metaspace("always")],
    frame: (source) => ({
      single: ["A", "eos_token", sourceLanguage(source)],
      pair: ["A", "B", "eos_token", sourceLanguage(source)],
    }),
    added: () => languagesOfMBart.map(special),
    takesSpace: "mask_token",
    config: (source) => ({ src_lang: sourceLanguage(source) }),
  },
  {
    names: ["MBart50Tokenizer"],
    modelTypes: ["mbart50"],
    file: "sentencepiece.bpe.model",
    marks: { ...robertaMarks, bos_token: undefined as never },
    vocabulary: (model, source) => {
      const first = marksOf(source, ["cls_token", "pad_token", "eos_token", "unk_token"]);
      const last = [...languagesOfMBart50.map(noScore), ...marksOf(source, ["mask_token"])];
      return { scored: [...first, ...scoredPieces(model).slice(3), ...last], unknown: 3 };
    },
    normalizers: (charsmap) => [...charsmapAlone(charsmap), oneSpace],
    preTokenizers: () => [metaspace("always")],
    frame: (source) => ({
      single: [sourceLanguage(source), "A", "eos_token"],
      pair: [sourceLanguage(source), "A", "B", "eos_token"],
    }),
    added: () => languagesOfMBart50.map(special),
    takesSpace: "mask_token",
    config: (source) => ({ src_lang: sourceLanguage(source) }),
  },
  {
    names: ["PegasusTokenizer"],
    modelTypes: ["pegasus"],
    file: "spiece.model",
    marks: { eos_token: "</s>", unk_token: "<unk>", pad_token: "<pad>", mask_token: "<mask_2>" },
    vocabulary: (model, source) => {
      const first = [...marksOf(source, ["pad_token", "eos_token"]), noScore("<mask_1>"), noScore("<mask_2>")];
      const unused = numbers(pegasusOffset(source))
        .slice(2)
        .map((number): Scored => [`<unk_${number}>`, -100]);
      const scored = [...first, ...unused, ...scoredPieces(model).slice(2)];
      return { scored, unknown: scored.findIndex(([text]) => text === source.mark("unk_token")) };
    },
    normalizers: (charsmap) => [charsmap ?? { type: "Replace", pattern: { Regex: "\\n" }, content: " " }, oneSpace],
    preTokenizers: () => [metaspace("always")],
    frame: { single: ["A", "eos_token"], pair: ["A", "B", "eos_token"] },
    added: (source) =>
      [
        "<mask_1>",
        ...numbers(pegasusOffset(source))
          .slice(2)
          .map((number) => `<unk_${number}>`),
      ].map(special),
  },
];

/** T5's marks of what was left out of a text, the last one first. */
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
    const { charsmap } = model.normaliser;
    const part = charsmap === undefined ? undefined : precompiled(charsmap);
    const preTokenizers = row.preTokenizers(source);
    const taken = row.takesSpace === undefined ? undefined : source.mark(row.takesSpace);
    return {
      tokens: scored.map(([text]) => text),
      model: { type: "Unigram", unk_id: unknown, vocab: scored, byte_fallback: false },
      normalizer: sequenceOf(row.normalizers(part, source)),
      preTokenizer: { type: "Sequence", pretokenizers: preTokenizers },
      decoder: metaspace("always"),
      frame: typeof row.frame === "function" ? row.frame(source) : row.frame,
      added: [
        ...(taken === undefined ? [] : [{ ...special(taken), lstrip: true }]),
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

/** Normalisers one after the other; null for none. */
export function sequenceOf(normalizers: readonly object[]): object | null {
  return normalizers.length === 0 ? null : { type: "Sequence", normalizers };
}

/** Pieces that no text is cut into, and those that a text is never cut within. */
export function controlPieces({ pieces }: SentencePieceModel): readonly DraftToken[] {
  return pieces.flatMap(({ text, kind }) =>
    kind === "control" || kind === "user-defined" ? [{ content: text, special: kind === "control" }] : [],
  );
}

function encodeBase64(bytes: Uint8Array): string {
  let characters = "";
  // The engine takes only so many arguments of one call.
  for (let at = 0; at < bytes.length; at += 8192) characters += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(characters);
}
