// GPT-2's alphabet: a letter for each byte, so that a vocabulary of bytes can be written as text. Source: openai/gpt-2,
// encoder.py, bytes_to_unicode.

import { ByteFallbackDecoder, ByteLevelPreTokenizer, type Decoder, type Tokenizer } from "@huggingface/tokenizers";
import { isObject } from "@lowrank/contracts";
import { partsOf } from "../tokenizer-json/parts-of.ts";

/** By byte: printable ones are themselves, the others follow Latin-1. */
export const byteCharacters: readonly string[] = (() => {
  const isPrintable = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let others = 0;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : 256 + others++));
})();

const encoder = new TextEncoder();
const space = byteCharacters[32] ?? "";

/** The bytes of a text's UTF-8 in that alphabet. */
function asByteCharacters(text: string): string {
  // Most words of most texts; the way over bytes takes ten times as long.
  if (/^[ -~]*$/.test(text)) return text.replaceAll(" ", space);
  return Array.from(encoder.encode(text), (byte) => byteCharacters[byte]).join("");
}

// The library writes each word as bytes letter by letter, which takes half of the time of a text; here it is done at once
// where words are plain.

/** Makes the tokenizer's step from words to bytes quick; it gives what it gave. */
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

// Models with `byte_fallback` write what they have no piece for as its UTF-8 bytes. The JavaScript library does so for BPE
// alone, not for Unigram (llm-jp's, rinna's), and reads bytes back otherwise than Rust.

/** Makes the tokenizer fall back to bytes where its model says so and has all of them that a character needs. */
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

/** Rust keeps a byte order mark, and writes a replacement character for each byte of a run that is no UTF-8. */
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
