// Tokenizers with SentencePiece's BPE models, built as transformers 5 builds them from the file: LLaMA and Mistral, which use
// the settings of the file, and Gemma.

import type { SentencePieceModel } from "../sentence-piece/sentence-piece-model.ts";
import { bpeModel, mergesByScore } from "../tokenizer-json/bpe-model.ts";
import { controlPieces, precompiled, sequenceOf } from "./sentence-piece-classes.ts";
import type { TokenizerClass, TokenizerDraft, VocabularySource } from "./tokenizer-draft.ts";

const meta = "▁";
const file = "tokenizer.model";
const spaceToMeta = { type: "Replace", pattern: { String: " " }, content: meta };
const metaToSpace = { type: "Replace", pattern: { String: meta }, content: " " };

/** A BPE model for tokenizer.json from the pieces of a SentencePiece file. */
export function bytePairModel(model: SentencePieceModel): TokenizerDraft["model"] {
  const { pieces, fallsBackToBytes, unknownId } = model;
  const normal = pieces.filter(({ kind }) => kind === "normal");
  return bpeModel(mergesByScore(normal, new Set(normal.map(({ text }) => text))), {
    unk_token: pieces[unknownId]?.text ?? null,
    fuse_unk: true,
    byte_fallback: fallsBackToBytes,
    ignore_merges: false,
    vocab: Object.fromEntries(pieces.map(({ text }, id) => [text, id])),
  });
}

/** SentencePiece's normalization, by the settings of the file. */
function normalizersOf({ normalizer }: SentencePieceModel, isFirstOnly: boolean): readonly object[] {
  const { charsmap, removesExtraSpaces, addsDummyPrefix } = normalizer;
  return [
    ...(charsmap === undefined ? [] : [precompiled(charsmap)]),
    ...(removesExtraSpaces
      ? [
          { type: "Replace", pattern: { Regex: "\\A +| +\\z" }, content: "" },
          { type: "Replace", pattern: { Regex: " {2,}" }, content: " " },
        ]
      : []),
    spaceToMeta,
    // The Metaspace step adds no ▁ before an existing one, so that one is doubled here.
    ...(addsDummyPrefix && !isFirstOnly
      ? [{ type: "Replace", pattern: { Regex: `\\A${meta}` }, content: meta + meta }]
      : []),
  ];
}

const decoderOf = (startsWithSpace: boolean, fallsBack: boolean) => ({
  type: "Sequence",
  decoders: [
    metaToSpace,
    ...(fallsBack ? [{ type: "ByteFallback" }] : []),
    ...(startsWithSpace || fallsBack ? [{ type: "Fuse" }] : []),
    ...(startsWithSpace ? [{ type: "Strip", content: " ", start: 1, stop: 0 }] : []),
  ],
});

/** The tokenizer of a file without a known class: as SentencePiece does it, by the settings of the file. */
async function fileDraft(source: VocabularySource): Promise<TokenizerDraft> {
  const model = await source.sentencePiece(file);
  const { pieces, unknownId, fallsBackToBytes, normalizer } = model;
  const { addsDummyPrefix } = normalizer;
  const isFirstOnly = source.config.legacy === false;
  const unigram = { type: "Unigram", unk_id: unknownId, vocab: pieces.map(({ text, score }) => [text, score]) };
  const specialTokens = { bos_token: model.beginsText, eos_token: model.endsText };
  return {
    tokens: pieces.map(({ text }) => text),
    model: model.algorithm === "bpe" ? bytePairModel(model) : { ...unigram, byte_fallback: fallsBackToBytes },
    normalizer: sequenceOf(normalizersOf(model, isFirstOnly)),
    preTokenizer: addsDummyPrefix ? metaspace(isFirstOnly) : null,
    decoder: decoderOf(addsDummyPrefix, fallsBackToBytes),
    template: configuredTemplate(source),
    added: controlPieces(model),
    config: Object.fromEntries(Object.entries(specialTokens).filter(([key]) => source.config[key] === undefined)),
  };
}

function metaspace(isFirstOnly: boolean): object {
  return { type: "Metaspace", replacement: meta, prepend_scheme: isFirstOnly ? "first" : "always", split: false };
}

async function llamaDraft(source: VocabularySource): Promise<TokenizerDraft> {
  const model = await source.sentencePiece(file);
  const startsWithSpace = (source.config.add_prefix_space ?? true) === true;
  return {
    tokens: model.pieces.map(({ text }) => text),
    model: { ...bytePairModel(model), unk_token: null, byte_fallback: true },
    normalizer: null,
    preTokenizer: startsWithSpace ? metaspace(source.config.legacy !== true) : spaceToMeta,
    decoder: decoderOf(startsWithSpace, true),
    template: configuredTemplate(source),
    added: controlPieces(model),
  };
}

async function gemmaDraft(source: VocabularySource): Promise<TokenizerDraft> {
  const model = await source.sentencePiece(file);
  return {
    tokens: model.pieces.map(({ text }) => text),
    model: bytePairModel(model),
    normalizer: spaceToMeta,
    preTokenizer: null,
    decoder: decoderOf(false, true),
    template: configuredTemplate(source),
    added: controlPieces(model),
  };
}

/** Special tokens around a text, if tokenizer_config.json has `add_bos_token` or `add_eos_token`. */
export function configuredTemplate({ config }: VocabularySource): TokenizerDraft["template"] {
  const [bos, eos] = [config.add_bos_token === true, config.add_eos_token === true];
  if (!bos && !eos) return null;
  const around = (text: string) => [...(bos ? ["bos_token"] : []), text, ...(eos ? ["eos_token"] : [])];
  return { single: around("A"), pair: [...around("A"), ...around("B")], hasSegments: true };
}

export const bytePairClasses: readonly TokenizerClass[] = [
  {
    names: ["LlamaTokenizer"],
    modelTypes: [],
    files: [file],
    specialTokens: { bos_token: "<s>", eos_token: "</s>", unk_token: "<unk>" },
    draft: llamaDraft,
  },
  {
    names: ["TokenizersBackend"],
    modelTypes: ["llama", "mistral", "mixtral", "phi3", "stablelm", "olmo2", "granite"],
    files: [file],
    specialTokens: { unk_token: "<unk>" },
    draft: fileDraft,
  },
  {
    names: ["GemmaTokenizer"],
    modelTypes: ["gemma", "gemma2", "gemma3", "gemma3_text", "recurrent_gemma"],
    files: [file],
    specialTokens: {
      bos_token: "<bos>",
      eos_token: "<eos>",
      unk_token: "<unk>",
      pad_token: "<pad>",
      mask_token: "<mask>",
    },
    draft: gemmaDraft,
  },
];
