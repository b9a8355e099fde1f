// The bytes that each token adds to a text, for programs that check a text while it is written (constrained decoding).

import type { Tokenizer } from "@huggingface/tokenizers";
import { partsOf } from "../tokenizer-json/parts-of.ts";
import { byteCharacters } from "./byte-characters.ts";

/**
 * The UTF-8 bytes of each token of the model's vocabulary as characters U+0000 to U+00FF, by id; a token may end within a
 * character. Added tokens are left out. Undefined if a token's bytes depend on its neighbours (WordPiece).
 */
export function tokenBytes(
  { decoder, model }: Tokenizer,
  addedIds: ReadonlySet<number>,
): Map<number, string> | undefined {
  const kinds = partsOf(decoder).map(([, part]) => ("config" in part ? part.config.type : ""));
  const isByteLevel = kinds.includes("ByteLevel");
  const isPieces = kinds.some((kind) => kind === "Metaspace" || kind === "Replace" || kind === "ByteFallback");
  if (model === null || !(isByteLevel || isPieces)) return undefined;
  const tokens = [...model.tokens_to_ids].filter(([, id]) => !addedIds.has(id));
  return new Map(tokens.map(([token, id]) => [id, isByteLevel ? bytesOfLetters(token) : bytesOfPiece(token)]));
}

const byteOfLetter = new Map(byteCharacters.map((letter, byte) => [letter, String.fromCharCode(byte)]));

/** A token of GPT-2's alphabet, which has a letter for each byte. */
function bytesOfLetters(token: string): string {
  return Array.from(token, (letter) => byteOfLetter.get(letter) ?? "").join("");
}

const encoder = new TextEncoder();

/** A piece of SentencePiece: "▁" is a space, "<0x0A>" a byte. */
function bytesOfPiece(token: string): string {
  const [, byte] = /^<0x([0-9A-F]{2})>$/.exec(token) ?? [];
  if (byte !== undefined) return String.fromCharCode(Number.parseInt(byte, 16));
  return Array.from(encoder.encode(token.replaceAll("▁", " ")), (code) => String.fromCharCode(code)).join("");
}
