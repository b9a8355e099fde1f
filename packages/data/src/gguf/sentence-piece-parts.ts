// GGUF's tokenizers of the model "llama": SentencePiece's BPE (Kudo and Richardson 2018), whose file has no merges, but a
// score for each piece: of two neighbours those are joined first that make the piece with the highest score. Written as
// merges, as transformers' converter of such models does.

import { TokenizerError } from "../errors.ts";
import type { GgufVocabulary } from "./gguf-vocabulary.ts";
import { bpeModel, type TokenizerParts } from "./tokenizer-parts.ts";

/** How a space is written. */
const mark = "▁";

/** The parts of such a tokenizer. Throws TokenizerError without scores, and for cleaning of texts that is not done here. */
export function sentencePieceParts(vocabulary: GgufVocabulary): TokenizerParts {
  const { tokens, scores, flags, marks } = vocabulary;
  if (scores === undefined) throw new TokenizerError(["tokenizer.ggml.scores: missing, without which no text is cut"]);
  if (flags.removeExtraSpaces === true) {
    throw new TokenizerError([
      "tokenizer.ggml.remove_extra_whitespaces: true is not handled",
      "put the model's own tokenizer.json into the folder of the .gguf file",
    ]);
  }
  const startsWithSpace = flags.addSpacePrefix ?? true;
  const unknown = tokens[marks.unknown ?? 0];
  const toMark = { type: "Replace", pattern: { String: " " }, content: mark };
  const toSpace = { type: "Replace", pattern: { String: mark }, content: " " };
  const prefix = { type: "Prepend", prepend: mark };
  const strip = { type: "Strip", content: " ", start: 1, stop: 0 };
  return {
    normalizer: { type: "Sequence", normalizers: startsWithSpace ? [prefix, toMark] : [toMark] },
    preTokenizer: null,
    decoder: {
      type: "Sequence",
      decoders: [toSpace, { type: "ByteFallback" }, { type: "Fuse" }, ...(startsWithSpace ? [strip] : [])],
    },
    model: bpeModel(mergesByScore(vocabulary, scores), {
      unk_token: unknown?.kind === "unknown" ? unknown.text : null,
      fuse_unk: true,
      byte_fallback: tokens.some(({ kind }) => kind === "byte"),
    }),
    addsBos: true,
    impliedMarks: { bos: 1, eos: 2, unknown: 0 },
  };
}

/** Characters that are cut out of pieces in all: a vocabulary of a million pieces of sixteen letters. */
const mostCut = 2 ** 28;

/** Every way in which two pieces make a third, those with the highest score first. */
function mergesByScore({ tokens }: GgufVocabulary, scores: readonly number[]): readonly (readonly [string, string])[] {
  const cut = tokens.reduce((sum, { text, kind }) => (kind === "normal" ? sum + text.length ** 2 : sum), 0);
  if (cut > mostCut) throw new TokenizerError(["tokenizer.ggml.tokens: too many long pieces to look for merges in"]);
  const ids = new Map(tokens.map(({ text }, id) => [text, id]));
  const byScore = tokens.flatMap(({ text, kind }, id) => (kind === "normal" ? [{ text, score: scores[id] ?? 0 }] : []));
  byScore.sort((one, other) => other.score - one.score);
  return byScore.flatMap(({ text }) => splitsOf(text, ids));
}

function splitsOf(text: string, ids: ReadonlyMap<string, number>): readonly (readonly [string, string])[] {
  const splits: { readonly pair: readonly [string, string]; readonly left: number; readonly right: number }[] = [];
  for (let at = 1; at < text.length; at += 1) {
    const pair = [text.slice(0, at), text.slice(at)] as const;
    const [left, right] = [ids.get(pair[0]), ids.get(pair[1])];
    if (left !== undefined && right !== undefined) splits.push({ pair, left, right });
  }
  return splits.sort((one, other) => one.left - other.left || one.right - other.right).map(({ pair }) => pair);
}
