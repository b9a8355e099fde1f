// Normalisers and decoders that multiply text: thirty that write two letters for one make a gigabyte of a word.

import {
  type Decoder,
  type Normalizer,
  PrependNormalizer,
  ReplaceDecoder,
  ReplaceNormalizer,
  SequenceDecoder,
  SequenceNormalizer,
} from "@huggingface/tokenizers";
import { TokenizationError } from "../errors.ts";

/** How much longer a text may become: NFKD alone writes up to 18 characters for one. */
const growth = { factor: 32, characters: 2 ** 16 };

/** How long the text may become that is being worked on now. */
interface Room {
  largest: number | undefined;
}

/** Makes a normaliser throw TokenizationError before a text grows beyond `growth`. */
export function boundNormalizer(normalizer: Normalizer | null): void {
  if (normalizer === null) return;
  const room: Room = { largest: undefined };
  boundReplacements(normalizer, room);
  const normalize = normalizer.normalize.bind(normalizer);
  normalizer.normalize = (text) => within(room, text.length, () => normalize(text));
}

/** Makes a decoder do so. */
export function boundDecoder(decoder: Decoder | null): void {
  if (decoder === null) return;
  const room: Room = { largest: undefined };
  boundDecoded(decoder, room);
  const decode = decoder.decode_chain.bind(decoder);
  decoder.decode_chain = (tokens) => within(room, lengthOf(tokens), () => decode(tokens));
}

function boundReplacements(part: Normalizer | null, room: Room): void {
  if (part instanceof SequenceNormalizer) for (const inner of part.normalizers) boundReplacements(inner, room);
  if (!(part instanceof ReplaceNormalizer || part instanceof PrependNormalizer)) return;
  const normalize = part.normalize.bind(part);
  part.normalize = (text) => {
    const added =
      part instanceof ReplaceNormalizer
        ? addedBy(part.pattern, part.config.content, [text], room)
        : part.config.prepend.length;
    check(text.length + added, room);
    return normalize(text);
  };
}

function boundDecoded(part: Decoder, room: Room): void {
  if (part instanceof SequenceDecoder) for (const inner of part.decoders) boundDecoded(inner, room);
  if (!(part instanceof ReplaceDecoder)) return;
  const decode = part.decode_chain.bind(part);
  part.decode_chain = (tokens) => {
    check(lengthOf(tokens) + addedBy(part.pattern, part.config.content, tokens, room), room);
    return decode(tokens);
  };
}

/** Characters that replacing adds; matches are counted only where there might be too many. */
function addedBy(pattern: RegExp | null, content: unknown, texts: readonly string[], room: Room): number {
  if (pattern === null || typeof content !== "string" || content.length < 2) return 0;
  const most = (lengthOf(texts) + texts.length) * content.length;
  if (room.largest === undefined || most <= room.largest / 2) return 0;
  return texts.reduce((sum, text) => sum + (text.match(pattern)?.length ?? 0), 0) * content.length;
}

function within<T>(room: Room, length: number, run: () => T): T {
  const outer = room.largest;
  room.largest = growth.factor * length + growth.characters;
  try {
    return run();
  } finally {
    room.largest = outer;
  }
}

function check(length: number, { largest }: Room): void {
  if (largest === undefined || length <= largest) return;
  throw new TokenizationError(`replacements would make ${length} characters of a text, more than ${largest}.`, largest);
}

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, { length }) => sum + length, 0);
}
