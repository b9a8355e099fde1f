// The patterns by which published tokenizers cut texts into words. The engine runs them in linear time, as whatever one of
// their alternatives gives up is taken by the next; the test beside this file runs them on what might show otherwise.

import { SplitPreTokenizer } from "@huggingface/tokenizers";

const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const lineEndsAndSpaces = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const signs = " ?[^\\s\\p{L}\\p{N}]+";
const [upper, lower] = ["[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]", "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"];

/** As tokenizer.json has them. */
export const publishedPatterns: readonly string[] = [
  // GPT-2, as a split of its own.
  `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+|${signs}|\\s+(?!\\S)|\\s+`,
  // GPT-4 and Llama 3, Qwen 2 and 3.
  `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|${signs}[\\r\\n]*|${lineEndsAndSpaces}`,
  `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|${signs}[\\r\\n]*|${lineEndsAndSpaces}`,
  // GPT-4o and gpt-oss.
  `[^\\r\\n\\p{L}\\p{N}]?${upper}*${lower}+${contractions}?|[^\\r\\n\\p{L}\\p{N}]?${upper}+${lower}*${contractions}?|\\p{N}{1,3}|${signs}[\\r\\n/]*|${lineEndsAndSpaces}`,
  // BLOOM.
  " ?[^(\\s|[.,!?…。，、।۔،])]+",
];

let sources: ReadonlySet<string> | undefined;

/** Whether a RegExp's source is one of theirs, as the library writes it for JavaScript. */
export function isKnownPattern(source: string): boolean {
  sources ??= new Set(
    publishedPatterns.map((regex) => {
      return (
        new SplitPreTokenizer({ type: "Split", pattern: { Regex: regex }, behavior: "Isolated", invert: false }).pattern
          ?.source ?? ""
      );
    }),
  );
  return sources.has(source);
}
