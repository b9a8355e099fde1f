// When a row is complete: an end token, or a text that the new tokens spell.

import type { TokenConstraint } from "./token-constraint.ts";

/** Texts that end a row, and how its tokens become text. */
export interface StopStrings {
  readonly strings: readonly string[];
  /** A tokenizer's; it is given the last tokens of a row. */
  readonly decode: (ids: readonly number[]) => string;
}

/** Whether a row ends with the last of its new tokens. */
export type StopRule = (ids: readonly number[]) => boolean;

interface TextEnd {
  readonly isEnd: StopRule;
  readonly constraint: TokenConstraint | undefined;
  readonly maxNewTokens: number;
}

/** Why a text ended: at an end token or stop text, or at its maximum length. */
export type FinishReason = "stop" | "length";

/** Undefined while the text continues. */
export function finishReason(
  ids: readonly number[],
  { isEnd, constraint, maxNewTokens }: TextEnd,
): FinishReason | undefined {
  if (isEnd(ids) || constraint?.isComplete === true) return "stop";
  return ids.length >= maxNewTokens ? "length" : undefined;
}

export function stopRule(endTokens: readonly number[], stop?: StopStrings): StopRule {
  const isEnd = new Set(endTokens);
  return (ids) => isEnd.has(ids.at(-1) ?? -1) || (stop !== undefined && spells(ids, stop));
}

/** Decodes as few tokens as may hold the longest text; some give no character, so the number is doubled as needed. */
function spells(ids: readonly number[], { strings, decode }: StopStrings): boolean {
  const longest = Math.max(0, ...strings.map(({ length }) => length));
  for (let count = longest + 4; ; count *= 2) {
    const text = decode(ids.slice(-count));
    if (text.length < longest + 4 && count < ids.length) continue;
    return strings.some((string) => text.includes(string));
  }
}
