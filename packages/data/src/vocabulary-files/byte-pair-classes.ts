// Tokenizers of SentencePiece's BPE models, as transformers 5 makes them of the file alone: LLaMA's and Mistral's, which follow
// what the file says, and Gemma's.

import type { SentencePieceModel } from "../sentence-piece/sentence-piece-model.ts";
import { bpeModel, mergesByScore } from "../tokenizer-json/bpe-model.ts";
import { controlPieces, precompiled, sequenceOf } from "./sentence-piece-classes.ts";
import type { TokenizerClass, TokenizerDraft, VocabularySource } from "./tokenizer-draft.ts";

const mark = "▁";
const file = "tokenizer.model";
const toMark = { type: "Replace", pattern: { String: " " }, content: mark };
const toSpace = { type: "Replace", pattern: { String: mark }, content: " " };

/** A BPE model of tokenizer.json, of a file's pieces. */
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

/** What SentencePiece does to a text before it cuts it, as far as it is no map of characters. */
function asTheFileSays({ normaliser }: SentencePieceModel, isFirstAlone: boolean): readonly object[] {
  const { charsmap, removesExtraSpaces, addsDummyPrefix } = normaliser;
  return [
    ...(charsmap === undefined ? [] : [precompiled(charsmap)]),
    ...(removesExtraSpaces
      ? [
          { type: "Replace", pattern: { Regex: "\\A +| +\\z" }, content: "" },
          { type: "Replace", pattern: { Regex: " {2,}" }, content: " " },
        ]
      : []),
    toMark,
    // The step behind it puts no mark before one that is there.
    ...(addsDummyPrefix && !isFirstAlone
      ? [{ type: "Replace", pattern: { Regex: `\\A${mark}` }, content: mark + mark }]
      : []),
  ];
}

const asText = (startsWithSpace: boolean, fallsBack: boolean) => ({
  type: "Sequence",
  decoders: [
    toSpace,
    ...(fallsBack ? [{ type: "ByteFallback" }] : []),
    ...(startsWithSpace || fallsBack ? [{ type: "Fuse" }] : []),
    ...(startsWithSpace ? [{ type: "Strip", content: " ", start: 1, stop: 0 }] : []),
  ],
});

/** What transformers makes of a file whose class is not known: as SentencePiece does, by the file's own settings. */
async function fileDraft(source: VocabularySource): Promise<TokenizerDraft> {
  const model = await source.sentencePiece(file);
  const { pieces, unknownId, fallsBackToBytes, normaliser } = model;
  const { addsDummyPrefix } = normaliser;
  const isFirstAlone = source.config.legacy === false;
  const unigram = { type: "Unigram", unk_id: unknownId, vocab: pieces.map(({ text, score }) => [text, score]) };
  const marks = { bos_token: model.beginsText, eos_token: model.endsText };
  return {
    tokens: pieces.map(({ text }) => text),
    model: model.algorithm === "bpe" ? bytePairModel(model) : { ...unigram, byte_fallback: fallsBackToBytes },
    normalizer: sequenceOf(asTheFileSays(model, isFirstAlone)),
    preTokenizer: addsDummyPrefix ? metaspace(isFirstAlone) : null,
    decoder: asText(addsDummyPrefix, fallsBackToBytes),
    frame: framed(source),
    added: controlPieces(model),
    config: Object.fromEntries(Object.entries(marks).filter(([key]) => source.config[key] === undefined)),
  };
}

function metaspace(isFirstAlone: boolean): object {
  return { type: "Metaspace", replacement: mark, prepend_scheme: isFirstAlone ? "first" : "always", split: false };
}

async function llamaDraft(source: VocabularySource): Promise<TokenizerDraft> {
  const model = await source.sentencePiece(file);
  const startsWithSpace = (source.config.add_prefix_space ?? true) === true;
  return {
    tokens: model.pieces.map(({ text }) => text),
    model: { ...bytePairModel(model), unk_token: null, byte_fallback: true },
    normalizer: null,
    preTokenizer: startsWithSpace ? metaspace(source.config.legacy !== true) : toMark,
    decoder: asText(startsWithSpace, true),
    frame: framed(source),
    added: controlPieces(model),
  };
}

async function gemmaDraft(source: VocabularySource): Promise<TokenizerDraft> {
  const model = await source.sentencePiece(file);
  return {
    tokens: model.pieces.map(({ text }) => text),
    model: bytePairModel(model),
    normalizer: toMark,
    preTokenizer: null,
    decoder: asText(false, true),
    frame: framed(source),
    added: controlPieces(model),
  };
}

/** Marks around a text only where tokenizer_config.json asks for them. */
export function framed({ config }: VocabularySource): TokenizerDraft["frame"] {
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
    marks: { bos_token: "<s>", eos_token: "</s>", unk_token: "<unk>" },
    draft: llamaDraft,
  },
  {
    names: ["TokenizersBackend"],
    modelTypes: ["llama", "mistral", "mixtral", "phi3", "stablelm", "olmo2", "granite"],
    files: [file],
    marks: { unk_token: "<unk>" },
    draft: fileDraft,
  },
  {
    names: ["GemmaTokenizer"],
    modelTypes: ["gemma", "gemma2", "gemma3", "gemma3_text", "recurrent_gemma"],
    files: [file],
    marks: { bos_token: "<bos>", eos_token: "<eos>", unk_token: "<unk>", pad_token: "<pad>", mask_token: "<mask>" },
    draft: gemmaDraft,
  },
];
