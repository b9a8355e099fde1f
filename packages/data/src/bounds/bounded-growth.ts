// Limits how much the parts of a tokenizer may enlarge a text. Each part is counted after it ran, replacements beforehand.

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

/** Makes a tokenizer throw TokenizationError if a text grows too much while it is encoded or decoded. */
export function boundGrowth(tokenizer: Tokenizer): void {
  const room = new GrowthRoom();
  bound(tokenizer.normalizer, room);
  bound(tokenizer.pre_tokenizer, room);
  bound(tokenizer.decoder, new GrowthRoom());
  // Private in the library's types, and the only method that runs both normalizer and pre-tokenizer.
  const inner = tokenizer as unknown as { encode_text(text: string | null): string[] | null };
  const encode = inner.encode_text.bind(inner);
  inner.encode_text = (text) => room.within(text ?? "", () => encode(text));
}

/** Makes a normalizer throw it. */
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

/** Wraps the method by which a part changes texts. */
function around(part: TokenizerPart, run: (texts: Texts, inner: () => Texts) => Texts): void {
  const name = "normalize" in part ? "normalize" : "pre_tokenize" in part ? "pre_tokenize" : "decode_chain";
  const holder = part as unknown as Record<typeof name, (texts: Texts, options?: unknown) => Texts>;
  const inner = holder[name].bind(part);
  holder[name] = (texts, options) => run(texts, () => inner(texts, options));
}

/**
 * A check before a Replace part runs, because one replacement may write a thousand characters for one. It counts the matches if
 * there may be too many. Undefined for other parts.
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

/** Allowed growth: for each character (NFKD writes up to 18 for one, and ByteLevel up to three for each), and for any text. */
const growth = { factor: 64, characters: 2 ** 13 };

/** One text, or its words or tokens. */
type Texts = string | readonly string[];

/** Counts the characters that parts add to the current text. Characters that a part removes are not subtracted. */
class GrowthRoom {
  #maxCharacters: number | undefined;
  #added = 0;

  /** Runs all steps on one text. A nested run counts into the outer one. */
  within<T>(texts: Texts, run: () => T): T {
    if (this.#maxCharacters !== undefined) return run();
    this.#maxCharacters = growth.factor * lengthOf(texts) + growth.characters;
    this.#added = 0;
    try {
      return run();
    } finally {
      this.#maxCharacters = undefined;
    }
  }

  /** Runs one part; throws TokenizationError if it added too much. */
  count<T extends Texts>(texts: Texts, run: () => T): T {
    const result = run();
    const added = Math.max(0, lengthOf(result) - lengthOf(texts));
    this.check(added);
    this.#added += added;
    return result;
  }

  /** Whether this number of characters may still be added. */
  holds(added: number): boolean {
    return this.#maxCharacters === undefined || this.#added + added <= this.#maxCharacters;
  }

  check(added: number): void {
    if (this.holds(added)) return;
    throw new TokenizationError(
      `the tokenizer adds more than ${this.#maxCharacters} characters to the text.`,
      this.#maxCharacters,
    );
  }
}

function lengthOf(texts: Texts): number {
  if (typeof texts === "string") return texts.length;
  let length = 0;
  for (const text of texts) length += text.length;
  return length;
}
