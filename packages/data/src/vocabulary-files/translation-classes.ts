// Tokenizers whose ids are those of a vocab.json, while SentencePiece cuts the texts: Marian's, which has a model for sources and
// one for targets, and M2M-100's. transformers has no tokenizer.json of these; texts are cut as SentencePiece itself cuts them.

import type { JsonObject } from "@lowrank/contracts";
import { longestMatches } from "../charsmap/charsmap.ts";
import { TokenizerError } from "../errors.ts";
import type { SentencePieceModel } from "../sentence-piece/sentence-piece-model.ts";
import { bytePairModel } from "./byte-pair-classes.ts";
import { precompiled } from "./sentence-piece-classes.ts";
import type { TokenizerClass, TokenizerDraft, VocabularySource } from "./tokenizer-draft.ts";
import { languagesOfM2M100, numberedTokens, tokensInOrder } from "./tokenizer-draft.ts";

const mark = "▁";

/** The normaliser of a file, and how it cuts what that gives: fields of a tokenizer.json of our own. */
function cutting(model: SentencePieceModel): JsonObject {
  const { charsmap, removesExtraSpaces, addsDummyPrefix } = model.normaliser;
  const replace = (Regex: string, content: string) => ({ type: "Replace", pattern: { Regex }, content });
  return {
    normalizer: {
      type: "Sequence",
      normalizers: [
        ...(charsmap === undefined ? [] : [{ ...precompiled(charsmap), [longestMatches]: true }]),
        ...(removesExtraSpaces ? [replace("\\A +", ""), replace(" {2,}", " ")] : []),
        ...(addsDummyPrefix ? [{ type: "Prepend", prepend: mark }] : []),
        { type: "Replace", pattern: { String: " " }, content: mark },
        ...(removesExtraSpaces ? [replace(`${mark}+\\z`, "")] : []),
      ],
    },
    segmentation: model.algorithm === "bpe" ? bytePairModel(model) : unigramOf(model),
  };
}

/** Without the pieces that SentencePiece cuts no text into. */
function unigramOf({ pieces, unknownId }: SentencePieceModel): JsonObject {
  const used = pieces.filter(({ kind }, id) => id === unknownId || kind === "normal" || kind === "user-defined");
  const unknown = pieces[unknownId];
  const lowest = pieces.reduce((min, { score, kind }) => (kind === "normal" ? Math.min(min, score) : min), 0);
  return {
    type: "Unigram",
    unk_id: unknown === undefined ? null : used.indexOf(unknown),
    // The unknown piece's own score is not that of a text that is unknown.
    vocab: used.map(({ text, score, kind }) => [text, kind === "normal" ? score : Math.max(score, lowest)]),
    byte_fallback: false,
  };
}

/** Without spaces around a text. */
const decoder = {
  type: "Sequence",
  decoders: [
    { type: "Replace", pattern: { String: mark }, content: " " },
    { type: "Fuse" },
    { type: "Strip", content: " ", start: 1024, stop: 1024 },
  ],
};

/** A model that is asked for ids alone. */
function vocabularyAlone(tokens: readonly string[], unknown: string | undefined): JsonObject {
  return {
    type: "Unigram",
    unk_id: Math.max(0, tokens.indexOf(unknown ?? "")),
    vocab: tokens.map((token) => [token, 0]),
  };
}

async function marianDraft(source: VocabularySource): Promise<TokenizerDraft> {
  if (source.config.separate_vocabs === true) {
    throw new TokenizerError([
      "tokenizer_config.json: separate_vocabs: a separate vocabulary for targets is not supported",
    ]);
  }
  const ids = numberedTokens(await source.json("vocab.json"), "vocab.json");
  const tokens = tokensInOrder(ids);
  const { normalizer, segmentation } = cutting(await source.sentencePiece("source.spm"));
  return {
    tokens,
    model: { ...vocabularyAlone(tokens, source.mark("unk_token")), segmentation, starts_with_language: true },
    normalizer: Object(normalizer),
    preTokenizer: null,
    decoder,
    frame: { single: ["A", "eos_token"], pair: ["A", "B", "eos_token"] },
    added: [],
    target: cutting(await source.sentencePiece("target.spm")),
  };
}

async function m2m100Draft(source: VocabularySource): Promise<TokenizerDraft> {
  const ids = numberedTokens(await source.json("vocab.json"), "vocab.json");
  const { normalizer, segmentation } = cutting(await source.sentencePiece("sentencepiece.bpe.model"));
  const { language_codes: codes, src_lang: from, tgt_lang: to } = source.config;
  const languages = languagesOfM2M100[typeof codes === "string" ? codes : "m2m100"] ?? [];
  const marks = languages.map((language) => `__${language}__`);
  const tokens = [...tokensInOrder(ids), ...marks];
  const asMark = (language: unknown) => (typeof language === "string" ? `__${language}__` : undefined);
  const src_lang = asMark(from) ?? "__en__";
  const tgt_lang = asMark(to);
  return {
    tokens,
    model: { ...vocabularyAlone(tokens, source.mark("unk_token")), segmentation },
    normalizer: Object(normalizer),
    preTokenizer: null,
    decoder,
    frame: { single: [src_lang, "A", "eos_token"], pair: [src_lang, "A", "B", "eos_token"] },
    // Nothing of a text, but what is left out of one that is written.
    added: [],
    config: { additional_special_tokens: marks, src_lang, ...(tgt_lang === undefined ? {} : { tgt_lang }) },
  };
}

export const translationClasses: readonly TokenizerClass[] = [
  {
    names: ["MarianTokenizer"],
    modelTypes: ["marian"],
    files: ["source.spm", "target.spm", "vocab.json"],
    marks: { eos_token: "</s>", unk_token: "<unk>", pad_token: "<pad>" },
    draft: marianDraft,
  },
  {
    names: ["M2M100Tokenizer"],
    modelTypes: ["m2m_100"],
    files: ["sentencepiece.bpe.model", "vocab.json"],
    marks: { bos_token: "<s>", eos_token: "</s>", unk_token: "<unk>", sep_token: "</s>", pad_token: "<pad>" },
    draft: m2m100Draft,
  },
];
