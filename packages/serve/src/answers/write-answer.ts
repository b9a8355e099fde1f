// Writes a response of one or several texts, complete or as a stream.

import type { AnswerShape, CallPiece, WholeChoice } from "./answer-shape.ts";
import type { ChoiceEvent, TokenReport } from "./written-choice.ts";

export interface AnswerFacts {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
  readonly shape: AnswerShape;
  /** Texts for each prompt. */
  readonly n: number;
  readonly hasLogprobs: boolean;
}

type Choices = readonly AsyncGenerator<ChoiceEvent, void, undefined>[];
type End = Extract<ChoiceEvent, { type: "end" }>;

/** If a text fails, the caller ends the others. */
export async function wholeAnswer(
  choices: Choices,
  { id, created, model, shape, hasLogprobs, n }: AnswerFacts,
): Promise<object> {
  const whole = await Promise.all(choices.map(wholeChoice));
  const written = whole.map((choice, index) =>
    shape.whole(index, hasLogprobs ? choice : { ...choice, reports: undefined }),
  );
  const usage = usageOf(
    whole.map(({ end }) => end),
    n,
  );
  return { id, object: shape.object, created, model, choices: written, usage };
}

export async function wholeChoice(events: Choices[number]): Promise<WholeChoice> {
  let text = "";
  const calls: CallPiece[] = [];
  const reports: TokenReport[] = [];
  for await (const event of events) {
    if (event.type === "end") return { text, calls, reports, end: event };
    if (event.type === "call") addPiece(calls, event);
    else text += event.text;
    if (event.type === "piece" && event.report !== undefined) reports.push(event.report);
  }
  throw new Error("The text has no end.");
}

export function addPiece(calls: CallPiece[], piece: CallPiece): void {
  const begun = calls[piece.index];
  calls[piece.index] = begun === undefined ? piece : { ...begun, arguments: begun.arguments + piece.arguments };
}

/** An answer in chunks; with `includesUsage` the last one has no choice. */
export async function* answerChunks(
  choices: Choices,
  { includesUsage, ...facts }: AnswerFacts & { readonly includesUsage: boolean },
): AsyncGenerator<object, void, undefined> {
  const { id, created, model, shape, hasLogprobs, n } = facts;
  const chunk = (more: object) => ({ id, object: shape.chunkObject, created, model, ...more });
  const ends: End[] = [];
  const begun = new Set<number>();
  for await (const [index, event] of together(choices)) {
    const first = begun.has(index) ? undefined : shape.first(index);
    begun.add(index);
    if (first !== undefined) yield chunk({ choices: [first] });
    if (event.type === "end") {
      ends[index] = event;
      yield chunk({ choices: [shape.last(index, event.reason)] });
    } else if (event.type === "call") {
      yield chunk({ choices: [shape.call?.(index, event)] });
    } else if (event.text !== "" || (hasLogprobs && event.report !== undefined)) {
      const reported = hasLogprobs ? (event.report === undefined ? [] : [event.report]) : undefined;
      yield chunk({ choices: [shape.piece(index, event.text, reported)] });
    }
  }
  if (includesUsage) yield chunk({ choices: [], usage: usageOf(ends, n) });
}

/** Merges the values of all generators, each with its generator's index. A consumer that stops early ends all of them. */
async function* together<Value>(
  generators: readonly AsyncGenerator<Value, void, undefined>[],
): AsyncGenerator<readonly [index: number, value: Value], void, undefined> {
  type Step = { readonly index: number; readonly result: IteratorResult<Value, void> };
  const pending = new Map<number, Promise<Step>>();
  const ask = (index: number) => {
    const generator = generators[index];
    if (generator !== undefined)
      pending.set(
        index,
        generator.next().then((result) => ({ index, result })),
      );
  };
  for (const index of generators.keys()) ask(index);
  try {
    while (pending.size > 0) {
      const { index, result } = await Promise.race(pending.values());
      pending.delete(index);
      if (result.done === true) continue;
      ask(index);
      yield [index, result.value];
    }
  } finally {
    // Pending values may still fail, and nothing waits for them.
    for (const step of pending.values()) step.catch(() => undefined);
    await Promise.allSettled(generators.map((generator) => generator.return()));
  }
}

/** A prompt with `n` texts counts once, as in OpenAI's usage. */
function usageOf(ends: readonly End[], n: number) {
  const prompt = ends.filter((_, index) => index % n === 0).reduce((sum, { promptTokens }) => sum + promptTokens, 0);
  const completion = ends.reduce((sum, { tokens }) => sum + tokens, 0);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}
