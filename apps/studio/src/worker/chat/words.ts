// How much likelier the adapter made each word of what it wrote: the difference of the word's log probability with it and
// without it, after the same text.

import { inferenceContext } from "@lowrank/contracts";
import { weightedAdapters } from "@lowrank/inject";
import { scoreContinuation } from "@lowrank/models";
import type { OpenedAdapter, OpenedModel } from "lowrank";
import type { Word } from "../../protocol/chat.ts";

interface Token {
  readonly id: number;
  readonly text: string;
}

interface Origin {
  readonly opened: OpenedModel;
  readonly adapter: OpenedAdapter;
  readonly strength: number;
  readonly promptIds: readonly number[];
  readonly signal: AbortSignal;
}

/** The words in order; together they are the text. Throws the signal's reason. */
export async function likelierWords(
  tokens: readonly Token[],
  { opened, adapter, strength, promptIds, signal }: Origin,
): Promise<readonly Word[]> {
  const text = { promptIds, ids: tokens.map(({ id }) => id) };
  const acting = inferenceContext(weightedAdapters({ [adapter.name]: strength }));
  const without = await scoreContinuation(opened.base, text, undefined, { signal });
  const scores = await scoreContinuation(adapter.opened.model, text, acting, { signal });
  return wordsOf(tokens.map((token, place) => ({ ...token, likelier: (scores[place] ?? 0) - (without[place] ?? 0) })));
}

/**
 * A word begins where a token's text begins with a space. A token without text is a part of the character that follows it;
 * the last ones end the text, which is no word.
 */
export function wordsOf(tokens: readonly (Pick<Token, "text"> & { readonly likelier: number })[]): readonly Word[] {
  const words: Word[] = [];
  let waiting = 0;
  for (const { text, likelier } of tokens) {
    waiting += likelier;
    if (text === "") continue;
    const last = words.at(-1);
    if (last === undefined || /^\s/.test(text)) words.push({ text, likelier: waiting });
    else words.splice(-1, 1, { text: last.text + text, likelier: last.likelier + waiting });
    waiting = 0;
  }
  return words;
}
