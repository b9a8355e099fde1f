// The parts of a tokenizer that may multiply text: each is counted after it ran, and replacements before they are made.

import {
  type Normalizer,
  PrependNormalizer,
  ReplaceDecoder,
  ReplaceNormalizer,
  ReplacePreTokenizer,
  type Tokenizer,
} from "@huggingface/tokenizers";
import { TokenizationError } from "../errors.ts";
import { partsOf, type TokenizerPart } from "../tokenizer-json/parts-of.ts";

/** Makes a tokenizer throw TokenizationError where it makes too much of a text, or of ids. */
export function boundGrowth(tokenizer: Tokenizer): void {
  const room = new GrowthRoom();
  bound(tokenizer.normalizer, room);
  bound(tokenizer.pre_tokenizer, room);
  bound(tokenizer.decoder, new GrowthRoom());
  // Private in the library's types, and the only place where a text goes through both.
  const inner = tokenizer as unknown as { encode_text(text: string | null): string[] | null };
  const encode = inner.encode_text.bind(inner);
  inner.encode_text = (text) => room.within(text ?? "", () => encode(text));
}

/** Makes a normaliser do so. */
export function boundNormalizer(normalizer: Normalizer | null): void {
  bound(normalizer, new GrowthRoom());
}

function bound(component: TokenizerPart | null, room: GrowthRoom): void {
  if (component === null) return;
  for (const [, part] of partsOf(component)) {
    const checkReplacements = replacementsOf(part, room);
    around(part, (texts, run) => {
      checkReplacements?.(texts);
      if (part instanceof PrependNormalizer) room.check(part.config.prepend.length);
      return room.count(texts, run);
    });
  }
  around(component, (texts, run) => room.within(texts, run));
}

/** Puts something around what a part does to texts. */
function around(part: TokenizerPart, run: (texts: Texts, inner: () => Texts) => Texts): void {
  const name = "normalize" in part ? "normalize" : "pre_tokenize" in part ? "pre_tokenize" : "decode_chain";
  const holder = part as unknown as Record<typeof name, (texts: Texts, options?: unknown) => Texts>;
  const inner = holder[name].bind(part);
  holder[name] = (texts, options) => run(texts, () => inner(texts, options));
}

/**
 * What checks a text before a part replaces in it, as that alone may write a thousand characters for one; undefined for
 * other parts. Matches are counted where there may be too many.
 */
function replacementsOf(part: TokenizerPart, room: GrowthRoom): ((texts: Texts) => void) | undefined {
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
