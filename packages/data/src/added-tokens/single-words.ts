// Added tokens that are found only as words of their own (`single_word`), which the JavaScript library finds within words too.

import type { Tokenizer } from "@huggingface/tokenizers";
import type { AddedToken } from "./add-tokens.ts";

/** The library's own: cuts a text at added tokens. */
interface Splitter {
  split(text: string): string[];
}

const word = "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]";
const endsWithWord = new RegExp(`${word}$`, "u");
const startsWithWord = new RegExp(`^${word}`, "u");

/** Makes the tokenizer leave such tokens in the text where a letter or digit stands beside them. */
export function keepSingleWords(tokenizer: Tokenizer, tokens: readonly AddedToken[]): void {
  const { normalizer } = tokenizer;
  // A normalised text is searched for normalised tokens.
  const forms = (found: readonly AddedToken[]) =>
    new Set(found.flatMap(({ content }) => [content, normalizer?.normalize(content) ?? content]));
  const single = forms(tokens.filter(({ single_word }) => single_word === true));
  if (single.size === 0) return;
  const isAdded = forms(tokens);
  // Private in the library's types, and the only place where it cuts.
  const { splitter_unnormalized, splitter_normalized } = tokenizer as unknown as Readonly<Record<string, Splitter>>;
  for (const splitter of [splitter_unnormalized, splitter_normalized]) {
    if (splitter === undefined) continue;
    const split = splitter.split.bind(splitter);
    splitter.split = (text) => joinWithinWords(split(text), { single, isAdded });
  }
}

function joinWithinWords(
  sections: readonly string[],
  { single, isAdded }: { readonly single: ReadonlySet<string>; readonly isAdded: ReadonlySet<string> },
): string[] {
  const joined: string[] = [];
  let isText = false;
  for (const [index, section] of sections.entries()) {
    const before = sections[index - 1] ?? "";
    const after = sections[index + 1] ?? "";
    const isWithin = single.has(section) && (endsWithWord.test(before) || startsWithWord.test(after));
    const isTextNow = isWithin || !isAdded.has(section);
    if (isText && isTextNow) joined[joined.length - 1] += section;
    else joined.push(section);
    isText = isTextNow;
  }
  return joined;
}
