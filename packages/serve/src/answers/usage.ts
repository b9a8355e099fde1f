// How many tokens an answer took.

import type { ChoiceEvent } from "./written-choice.ts";

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** `n` texts of one prompt read it once, as OpenAI counts it. */
export function usageOf(ends: readonly Extract<ChoiceEvent, { type: "end" }>[], n: number): Usage {
  const prompt = ends.filter((_, index) => index % n === 0).reduce((sum, { promptTokens }) => sum + promptTokens, 0);
  const completion = ends.reduce((sum, { tokens }) => sum + tokens, 0);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}
