// Texts that are compared, each as a sequence of its own: as it is embedded later.

import type { ComparisonExample } from "../example.ts";
import type { ComparedTexts } from "../tokenized-example.ts";
import type { TextTokenizer } from "../tokenizer/text-tokenizer.ts";
import { cutBeforeEnd } from "./cut-before-end.ts";

/** What stands before texts, as models of E5's kind were taught: "query: ", "passage: ". */
export interface ComparisonPrompts {
  /** Before the first of a row's texts. */
  readonly first?: string | undefined;
  /** Before the others. */
  readonly others?: string | undefined;
}

/** Each text with the tokenizer's marks; what is too long loses its end before the closing mark. */
export function tokenizeComparison(
  { texts, score }: ComparisonExample,
  tokenizer: TextTokenizer,
  { maxLength, prompts = {} }: { readonly maxLength: number; readonly prompts?: ComparisonPrompts | undefined },
): ComparedTexts {
  const encode = (text: string, prompt = "") =>
    cutBeforeEnd(tokenizer.encode(prompt + text), maxLength, tokenizer.suffixIds);
  const [first = "", ...others] = texts;
  return {
    kind: "comparison",
    inputIds: encode(first, prompts.first),
    others: others.map((text) => encode(text, prompts.others)),
    ...(score === undefined ? {} : { score }),
  };
}
