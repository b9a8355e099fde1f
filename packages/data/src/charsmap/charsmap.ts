// SentencePiece's "precompiled charsmap": replacements of byte sequences (NFKC and more). The file has a double-array trie
// (Aoe 1989) in Darts-clone's layout, followed by the replacement texts.

import { type Normalizer, PrecompiledNormalizer } from "@huggingface/tokenizers";
import { tokenizerError } from "../errors.ts";
import { partsOf } from "../tokenizer-json/parts-of.ts";

/** A field of our own: read the map as SentencePiece does, which differs slightly from Hugging Face's tokenizers. */
export const longestMatches = "longest_matches";

/** Makes the Precompiled parts of a normalizer use their maps. Throws TOKENIZER_INVALID for a broken map. */
export function useCharsmaps(normalizer: Normalizer | null): void {
  for (const [, part] of partsOf(normalizer)) {
    if (!(part instanceof PrecompiledNormalizer)) continue;
    const config: Readonly<Record<string, unknown>> = { ...part.config };
    const { precompiled_charsmap: base64 } = config;
    if (typeof base64 !== "string" || base64 === "") continue;
    const map = charsmapOf(base64);
    part.normalize =
      config[longestMatches] === true ? (text) => map.replaceLongest(text) : (text) => map.replaceGraphemes(text);
  }
}

function charsmapOf(base64: string): Charsmap {
  try {
    return new Charsmap(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
  } catch (cause) {
    // atob throws a DOMException, the map a RangeError.
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw tokenizerError([`normalizer.precompiled_charsmap: ${reason}`], { cause });
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** In bytes. NFKC replaces one character by up to eighteen letters, and no other rule by more. */
const maxTextLength = 256;

/** A character map, read from its bytes in the file. */
export class Charsmap {
  readonly #trie: Uint32Array;
  readonly #texts: Uint8Array;
  readonly #written = new Map<number, string>();

  /** Throws RangeError if the trie is longer than the bytes. A broken link in the trie replaces nothing. */
  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const size = bytes.length < 4 ? 0 : view.getUint32(0, true);
    if (size === 0 || size % 4 !== 0 || size > bytes.length - 4) throw new RangeError("a charsmap has a broken trie");
    this.#trie = Uint32Array.from({ length: size / 4 }, (_, index) => view.getUint32(4 + 4 * index, true));
    this.#texts = bytes.subarray(4 + size);
  }

  /** The text as SentencePiece normalizes it: at each position the longest sequence in the map is replaced. */
  replaceLongest(text: string): string {
    const bytes = encoder.encode(text);
    let written = "";
    let [start, at] = [0, 0];
    while (at < bytes.length) {
      const found = this.#matches(bytes, at).at(-1);
      if (found !== undefined) {
        written += decoder.decode(bytes.subarray(start, at)) + this.#textAt(found.text);
        start = at + found.length;
      }
      at += found?.length ?? lengthOfCharacter(bytes[at] ?? 0);
    }
    return written + decoder.decode(bytes.subarray(start));
  }

  /**
   * The text as Hugging Face's tokenizers normalize it ("Precompiled"): one grapheme (a letter with its accents) at a time. A
   * grapheme of fewer than six bytes is replaced by the text of its shortest prefix in the map; a longer one character by
   * character.
   */
  replaceGraphemes(text: string): string {
    let written = "";
    for (const { segment } of graphemes(text)) {
      const whole = segment.length < 6 ? encoder.encode(segment) : undefined;
      const found = whole !== undefined && whole.length < 6 ? this.#matches(whole, 0)[0] : undefined;
      if (found !== undefined) written += this.#textAt(found.text);
      else for (const character of segment) written += this.#replaced(character);
    }
    return written;
  }

  #replaced(character: string): string {
    const found = this.#matches(encoder.encode(character), 0)[0];
    return found === undefined ? character : this.#textAt(found.text);
  }

  /** The sequences of the map that start at a position, shortest first: their lengths, and the offsets of their texts. */
  #matches(bytes: Uint8Array, from: number): readonly { readonly length: number; readonly text: number }[] {
    const matches: { readonly length: number; readonly text: number }[] = [];
    let node = offsetOf(this.#trie[0] ?? 0);
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      node ^= byte;
      const unit = this.#trie[node];
      // A byte of 0 ends a key.
      if (byte === 0 || unit === undefined || (unit & 0x800000ff) >>> 0 !== byte) break;
      node ^= offsetOf(unit);
      const leaf = this.#trie[node];
      if (((unit >>> 8) & 1) === 1 && leaf !== undefined)
        matches.push({ length: at + 1 - from, text: leaf & 0x7fffffff });
    }
    return matches;
  }

  #textAt(index: number): string {
    const cached = this.#written.get(index);
    if (cached !== undefined) return cached;
    const behind = this.#texts.subarray(index, index + maxTextLength);
    const end = behind.indexOf(0);
    const text = decoder.decode(end === -1 ? behind : behind.subarray(0, end));
    this.#written.set(index, text);
    return text;
  }
}

function offsetOf(unit: number): number {
  return ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
}

function lengthOfCharacter(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

function graphemes(text: string): Iterable<{ readonly segment: string }> {
  return new Intl.Segmenter("und", { granularity: "grapheme" }).segment(text);
}
