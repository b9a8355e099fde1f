// The tokens with which a text begins, without reading megabytes of it for a model that takes 512.

import { promptTemplate, type TextTokenizer, type TokenizedExample, tokenizeExample } from "@lowrank/data";
import { mostCharacters } from "../generate/character-limit.ts";

/** How much more of a text is tokenized than its tokens should need: what is cut in the middle of a word is far behind them. */
const margin = 4;

/** The first `maxLength` tokens of a text. All of it is read only where most of its characters are no tokens, such as spaces. */
export function beginningOf(sentence: string, tokenizer: TextTokenizer, maxLength: number): TokenizedExample {
  const tokenized = (text: string) =>
    tokenizeExample({ kind: "sentence", sentence: text, label: 0 }, tokenizer, promptTemplate("plain"), { maxLength });
  const most = margin * mostCharacters(maxLength, tokenizer);
  const first = tokenized(sentence.slice(0, most));
  return sentence.length <= most || first.inputIds.length >= maxLength ? first : tokenized(sentence);
}
