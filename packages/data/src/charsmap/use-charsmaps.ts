// The library writes the character map of a "Precompiled" normaliser by NFKC and some rules, whatever the file's map says; here
// the map itself is read.

import { type Normalizer, PrecompiledNormalizer, SequenceNormalizer } from "@huggingface/tokenizers";
import { TokenizerError } from "../errors.ts";
import { Charsmap } from "./charsmap.ts";

/** A field of our own beside the library's: how SentencePiece itself reads the map, which other programs do a little otherwise. */
export const longestMatches = "longest_matches";

/** Makes a normaliser read the maps of its parts. Throws TokenizerError for one that is broken. */
export function useCharsmaps(normalizer: Normalizer | null): void {
  if (normalizer instanceof SequenceNormalizer) for (const part of normalizer.normalizers) useCharsmaps(part);
  if (!(normalizer instanceof PrecompiledNormalizer)) return;
  const config: Readonly<Record<string, unknown>> = { ...normalizer.config };
  const { precompiled_charsmap: base64 } = config;
  if (typeof base64 !== "string" || base64 === "") return;
  const map = charsmapOf(base64);
  normalizer.normalize =
    config[longestMatches] === true ? (text) => map.replaceLongest(text) : (text) => map.replaceGraphemes(text);
}

function charsmapOf(base64: string): Charsmap {
  try {
    return new Charsmap(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
  } catch (cause) {
    // atob throws a DOMException, the map a RangeError.
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TokenizerError([`normalizer.precompiled_charsmap: ${reason}`], { cause });
  }
}
