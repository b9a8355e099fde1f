// The parts of a tokenizer that may multiply text: each is counted after it ran, and replacements before they are made.

import {
  type Decoder,
  type Normalizer,
  PrependNormalizer,
  type PreTokenizer,
  ReplaceDecoder,
  ReplaceNormalizer,
  ReplacePreTokenizer,
  SequenceDecoder,
  SequenceNormalizer,
  SequencePreTokenizer,
  type Tokenizer,
} from "@huggingface/tokenizers";
import { TokenizationError } from "../errors.ts";

/** Makes a tokenizer throw TokenizationError where it makes too much of a text, or of ids. */
export function boundGrowth(tokenizer: Tokenizer): void {
  const room = new GrowthRoom();
  boundNormalizer(tokenizer.normalizer, room);
  boundPreTokenizer(tokenizer.pre_tokenizer, room);
  boundDecoder(tokenizer.decoder);
  // Private in the library's types, and the only place where a text goes through both.
  const inner = tokenizer as unknown as { encode_text(text: string | null): string[] | null };
  const encode = inner.encode_text.bind(inner);
  inner.encode_text = (text) => room.within(text ?? "", () => encode(text));
}

/** Makes a normaliser do so. */
export function boundNormalizer(normalizer: Normalizer | null, room = new GrowthRoom()): void {
  if (normalizer === null) return;
  countNormalizer(normalizer, room);
  const normalize = normalizer.normalize.bind(normalizer);
  normalizer.normalize = (text) => room.within(text, () => normalize(text));
}

function boundPreTokenizer(preTokenizer: PreTokenizer | null, room: GrowthRoom): void {
  if (preTokenizer === null) return;
  countPreTokenizer(preTokenizer, room);
  const cut = preTokenizer.pre_tokenize.bind(preTokenizer);
  preTokenizer.pre_tokenize = (text, options) => room.within(text, () => cut(text, options));
}

function boundDecoder(decoder: Decoder | null): void {
  if (decoder === null) return;
  const room = new GrowthRoom();
  countDecoder(decoder, room);
  const decode = decoder.decode_chain.bind(decoder);
  decoder.decode_chain = (tokens) => room.within(tokens, () => decode(tokens));
}

function countNormalizer(part: Normalizer | null, room: GrowthRoom): void {
  if (part instanceof SequenceNormalizer) for (const inner of part.normalizers) countNormalizer(inner, room);
  if (part === null || part instanceof SequenceNormalizer) return;
  const normalize = part.normalize.bind(part);
  const checkReplacements = replacementsOf(part, room);
  part.normalize = (text) => {
    checkReplacements?.(text);
    if (part instanceof PrependNormalizer) room.check(part.config.prepend.length);
    return room.count(text, () => normalize(text));
  };
}

function countPreTokenizer(part: PreTokenizer | null, room: GrowthRoom): void {
  if (part instanceof SequencePreTokenizer) for (const inner of part.tokenizers) countPreTokenizer(inner, room);
  if (part === null || part instanceof SequencePreTokenizer) return;
  const cut = part.pre_tokenize.bind(part);
  const checkReplacements = replacementsOf(part, room);
  part.pre_tokenize = (texts, options) => {
    checkReplacements?.(texts);
    return room.count(texts, () => cut(texts, options));
  };
}

function countDecoder(part: Decoder, room: GrowthRoom): void {
  if (part instanceof SequenceDecoder) for (const inner of part.decoders) countDecoder(inner, room);
  if (part instanceof SequenceDecoder) return;
  const decode = part.decode_chain.bind(part);
  const checkReplacements = replacementsOf(part, room);
  part.decode_chain = (tokens) => {
    checkReplacements?.(tokens);
    return room.count(tokens, () => decode(tokens));
  };
}

/**
 * What checks a text before a part replaces in it, as that alone may write a thousand characters for one; undefined for
 * other parts. Matches are counted where there may be too many.
 */
function replacementsOf(
  part: Normalizer | PreTokenizer | Decoder,
  room: GrowthRoom,
): ((texts: Texts) => void) | undefined {
  const replaces =
    part instanceof ReplaceNormalizer || part instanceof ReplacePreTokenizer || part instanceof ReplaceDecoder;
  if (!replaces) return undefined;
  const { pattern, config } = part;
  const content: unknown = config.content;
  if (pattern === null || typeof content !== "string" || content.length < 2) return undefined;
  return (texts) => {
    const list = typeof texts === "string" ? [texts] : texts;
    if (room.holds((lengthOf(list) + list.length) * content.length)) return;
    const found = list.flatMap((text) => text.match(pattern) ?? []);
    room.check(found.length * content.length - lengthOf(found));
  };
}

/** For each character: NFKD writes up to 18 for one, and ByteLevel up to three for each of those. For any text: some more. */
const growth = { factor: 64, characters: 2 ** 13 };

/** One text, or the words or tokens that it is cut into. */
type Texts = string | readonly string[];

/** Counts the characters that parts add to the text that is being worked on; what others take away does not come back. */
class GrowthRoom {
  #most: number | undefined;
  #added = 0;

  /** Runs all that is done to one text; within another such run it is a part of that one. */
  within<T>(texts: Texts, run: () => T): T {
    if (this.#most !== undefined) return run();
    this.#most = growth.factor * lengthOf(texts) + growth.characters;
    this.#added = 0;
    try {
      return run();
    } finally {
      this.#most = undefined;
    }
  }

  /** Runs one part; throws TokenizationError where it added too much. */
  count<T extends Texts>(texts: Texts, run: () => T): T {
    const made = run();
    const added = Math.max(0, lengthOf(made) - lengthOf(texts));
    this.check(added);
    this.#added += added;
    return made;
  }

  /** Whether so many characters more would not be too many. */
  holds(added: number): boolean {
    return this.#most === undefined || this.#added + added <= this.#most;
  }

  /** Throws TokenizationError where they would be. */
  check(added: number): void {
    if (this.holds(added)) return;
    throw new TokenizationError(`the tokenizer adds more than ${this.#most} characters to the text.`, this.#most);
  }
}

/** The characters of all of them. */
function lengthOf(texts: Texts): number {
  if (typeof texts === "string") return texts.length;
  let length = 0;
  for (const text of texts) length += text.length;
  return length;
}
