// Tokenizers where SentencePiece splits the text and a vocab.json has the ids: Marian, with one model for sources and one for
// targets, and M2M-100. transformers has no tokenizer.json for them; texts are split as SentencePiece itself does.

import type { JsonObject } from "@lowrank/contracts/internal";
import { longestMatches } from "../charsmap/charsmap.ts";
import { tokenizerError } from "../errors.ts";
import type { SentencePieceModel } from "../sentence-piece/sentence-piece-model.ts";
import { bytePairModel } from "./byte-pair-classes.ts";
import { precompiled } from "./sentence-piece-classes.ts";
import type { TokenizerClass, TokenizerDraft, VocabularySource } from "./tokenizer-draft.ts";
import { languagesOfM2M100, numberedTokens, tokensInOrder } from "./tokenizer-draft.ts";

const meta = "▁";

/** The normalizer and the segmentation model of a SentencePiece file: fields of our own in tokenizer.json. */
function segmentationOf(model: SentencePieceModel): JsonObject {
  const { charsmap, removesExtraSpaces, addsDummyPrefix } = model.normalizer;
  const replace = (Regex: string, content: string) => ({ type: "Replace", pattern: { Regex }, content });
  return {
    normalizer: {
      type: "Sequence",
      normalizers: [
        ...(charsmap === undefined ? [] : [{ ...precompiled(charsmap), [longestMatches]: true }]),
        ...(removesExtraSpaces ? [replace("\\A +", ""), replace(" {2,}", " ")] : []),
        ...(addsDummyPrefix ? [{ type: "Prepend", prepend: meta }] : []),
        { type: "Replace", pattern: { String: " " }, content: meta },
        ...(removesExtraSpaces ? [replace(`${meta}+\\z`, "")] : []),
      ],
    },
    segmentation: model.algorithm === "bpe" ? bytePairModel(model) : unigramOf(model),
  };
}

/** A Unigram model without control pieces and unused pieces, which SentencePiece never produces from text. */
function unigramOf({ pieces, unknownId }: SentencePieceModel): JsonObject {
  const used = pieces.filter(({ kind }, id) => id === unknownId || kind === "normal" || kind === "user-defined");
  const unknown = pieces[unknownId];
  const lowest = pieces.reduce((min, { score, kind }) => (kind === "normal" ? Math.min(min, score) : min), 0);
  return {
    type: "Unigram",
    unk_id: unknown === undefined ? null : used.indexOf(unknown),
    // The score of unknown text is derived from the lowest score, which must not be the unknown piece's own.
    vocab: used.map(({ text, score, kind }) => [text, kind === "normal" ? score : Math.max(score, lowest)]),
    byte_fallback: false,
  };
}

/** Also removes spaces around a text. */
const decoder = {
  type: "Sequence",
  decoders: [
    { type: "Replace", pattern: { String: meta }, content: " " },
    { type: "Fuse" },
    { type: "Strip", content: " ", start: 1024, stop: 1024 },
  ],
};

/** A model that only looks up ids. */
function vocabularyOnly(tokens: readonly string[], unknown: string | undefined): JsonObject {
  return {
    type: "Unigram",
    unk_id: Math.max(0, tokens.indexOf(unknown ?? "")),
    vocab: tokens.map((token) => [token, 0]),
  };
}

async function marianDraft(source: VocabularySource): Promise<TokenizerDraft> {
  if (source.config.separate_vocabs === true) {
    throw tokenizerError([
      "tokenizer_config.json: separate_vocabs: a separate vocabulary for targets is not supported",
    ]);
  }
  const ids = numberedTokens(await source.json("vocab.json"), "vocab.json");
  const tokens = tokensInOrder(ids);
  const { normalizer, segmentation } = segmentationOf(await source.sentencePiece("source.spm"));
  return {
    tokens,
    model: { ...vocabularyOnly(tokens, source.specialToken("unk_token")), segmentation, starts_with_language: true },
    normalizer: Object(normalizer),
    preTokenizer: null,
    decoder,
    template: { single: ["A", "eos_token"], pair: ["A", "B", "eos_token"] },
    added: [],
    target: segmentationOf(await source.sentencePiece("target.spm")),
  };
}

async function m2m100Draft(source: VocabularySource): Promise<TokenizerDraft> {
  const ids = numberedTokens(await source.json("vocab.json"), "vocab.json");
  const { normalizer, segmentation } = segmentationOf(await source.sentencePiece("sentencepiece.bpe.model"));
  const { language_codes: codes, src_lang: from, tgt_lang: to } = source.config;
  const languages = languagesOfM2M100[typeof codes === "string" ? codes : "m2m100"] ?? [];
  const languageTokens = languages.map((language) => `__${language}__`);
  const tokens = [...tokensInOrder(ids), ...languageTokens];
  const languageToken = (language: unknown) => (typeof language === "string" ? `__${language}__` : undefined);
  const src_lang = languageToken(from) ?? "__en__";
  const tgt_lang = languageToken(to);
  return {
    tokens,
    model: { ...vocabularyOnly(tokens, source.specialToken("unk_token")), segmentation },
    normalizer: Object(normalizer),
    preTokenizer: null,
    decoder,
    template: { single: [src_lang, "A", "eos_token"], pair: [src_lang, "A", "B", "eos_token"] },
    // Language tokens are not added tokens, so they are never matched in a text. As special tokens they are left out of decoded text.
    added: [],
    config: { additional_special_tokens: languageTokens, src_lang, ...(tgt_lang === undefined ? {} : { tgt_lang }) },
  };
}

export const translationClasses: readonly TokenizerClass[] = [
  {
    names: ["MarianTokenizer"],
    modelTypes: ["marian"],
    files: ["source.spm", "target.spm", "vocab.json"],
    specialTokens: { eos_token: "</s>", unk_token: "<unk>", pad_token: "<pad>" },
    draft: marianDraft,
  },
  {
    names: ["M2M100Tokenizer"],
    modelTypes: ["m2m_100"],
    files: ["sentencepiece.bpe.model", "vocab.json"],
    specialTokens: { bos_token: "<s>", eos_token: "</s>", unk_token: "<unk>", sep_token: "</s>", pad_token: "<pad>" },
    draft: m2m100Draft,
  },
];
