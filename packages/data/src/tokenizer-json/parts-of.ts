// The parts of a tokenizer's normalizer, pre-tokenizer or decoder.

import {
  type Decoder,
  type Normalizer,
  type PreTokenizer,
  SequenceDecoder,
  SequenceNormalizer,
  SequencePreTokenizer,
} from "@huggingface/tokenizers";

export type TokenizerPart = Normalizer | PreTokenizer | Decoder;

/** The parts of a component, without the enclosing sequences, each with its path: "normalizer[2]". */
export function partsOf(part: TokenizerPart | null, at = ""): readonly (readonly [string, TokenizerPart])[] {
  const inner =
    part instanceof SequenceNormalizer
      ? part.normalizers
      : part instanceof SequencePreTokenizer
        ? part.tokenizers
        : part instanceof SequenceDecoder
          ? part.decoders
          : undefined;
  if (inner === undefined) return part === null ? [] : [[at, part]];
  return inner.flatMap((innerPart: TokenizerPart | null, index) => partsOf(innerPart, `${at}[${index}]`));
}
