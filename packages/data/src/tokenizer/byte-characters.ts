// GPT-2's byte-level alphabet: one letter for each byte, so that a vocabulary of bytes can be stored as text. Source:
// openai/gpt-2, encoder.py, bytes_to_unicode.

import { ByteFallbackDecoder, ByteLevelPreTokenizer, type Decoder, type Tokenizer } from "@huggingface/tokenizers";
import { isObject } from "@lowrank/contracts/internal";
import { partsOf } from "../tokenizer-json/parts-of.ts";

/** The letter of each byte: a printable byte is its own letter, the others get the characters after Latin-1. */
export const byteCharacters: readonly string[] = (() => {
  const isPrintable = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let others = 0;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : 256 + others++));
})();

const encoder = new TextEncoder();
const space = byteCharacters[32] ?? "";

/** The UTF-8 bytes of a text in that alphabet. */
function asByteCharacters(text: string): string {
  // Most words are ASCII, and encoding them as bytes takes ten times as long.
  if (/^[ -~]*$/.test(text)) return text.replaceAll(" ", space);
  return Array.from(encoder.encode(text), (byte) => byteCharacters[byte]).join("");
}

// The library converts each word letter by letter, which takes half of the time of a text. Here ASCII words take one step.

/** Replaces the tokenizer's ByteLevel step by a faster one with the same result. */
export function writeBytesQuickly({ pre_tokenizer: step }: Tokenizer): void {
  for (const [, part] of partsOf(step)) {
    if (!(part instanceof ByteLevelPreTokenizer)) continue;
    const { add_prefix_space: addsSpace, use_regex: parts, pattern } = part;
    part.pre_tokenize_text = (text) => {
      const whole = addsSpace && !text.startsWith(" ") ? ` ${text}` : text;
      const words = parts ? (whole.match(pattern) ?? []) : [whole];
      return words.map(asByteCharacters);
    };
  }
}

// Models with `byte_fallback` write characters without a piece as UTF-8 bytes. The JavaScript library supports it for BPE
// only, not for Unigram (llm-jp, rinna), and it decodes such bytes differently from Rust.

/** Adds byte fallback to a Unigram tokenizer if its model requires it and has all bytes of the character. */
export function fallBackToBytes({ model, decoder }: Tokenizer, json: unknown): void {
  readBytesAsRust(decoder);
  if (model === null || !isObject(json) || json.byte_fallback !== true || !Array.isArray(json.vocab)) return;
  const encode = model.encode.bind(model);
  const encoder = new TextEncoder();
  model.encode = (words) =>
    encode(words).flatMap((token) => {
      if (model.tokens_to_ids.has(token)) return [token];
      const bytes = [...encoder.encode(token)].map((byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
      return bytes.every((byte) => model.tokens_to_ids.has(byte)) ? bytes : [token];
    });
}

/** Rust keeps a byte order mark, and writes one replacement character for each byte of an invalid UTF-8 sequence. */
function readBytesAsRust(decoder: Decoder | null): void {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const decode = (bytes: Uint8Array): string => {
    try {
      return strict.decode(bytes);
    } catch {
      return "\uFFFD".repeat(bytes.length);
    }
  };
  for (const [, part] of partsOf(decoder))
    if (part instanceof ByteFallbackDecoder) Object.assign(part, { text_decoder: { decode } });
}
