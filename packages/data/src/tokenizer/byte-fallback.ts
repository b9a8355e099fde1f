// Models with `byte_fallback` write what they have no piece for as its UTF-8 bytes. The JavaScript library does so for BPE
// alone, not for Unigram (llm-jp's, rinna's), and reads bytes back otherwise than Rust.

import { ByteFallbackDecoder, type Decoder, SequenceDecoder, type Tokenizer } from "@huggingface/tokenizers";
import { isObject } from "@lowrank/contracts";

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
  if (decoder instanceof SequenceDecoder) for (const part of decoder.decoders) readBytesAsRust(part);
  if (!(decoder instanceof ByteFallbackDecoder)) return;
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const decode = (bytes: Uint8Array): string => {
    try {
      return strict.decode(bytes);
    } catch {
      return "\uFFFD".repeat(bytes.length);
    }
  };
  Object.assign(decoder, { text_decoder: { decode } });
}
