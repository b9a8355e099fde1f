// The JSON of chat and text completions, as in OpenAI's API reference.

import type { WrittenLikelyToken } from "../served-model.ts";
import type { ChoiceEvent, TokenReport } from "./written-choice.ts";

/** Why a text ended; null while it continues. */
type FinishReason = "stop" | "length" | "tool_calls" | null;

/** A call of a tool, or a piece of one. */
export type CallPiece = Extract<ChoiceEvent, { type: "call" }>;

export interface AnswerShape {
  readonly idPrefix: string;
  readonly object: string;
  readonly chunkObject: string;
  /** The first chunk of a streamed text, if there is one. */
  first(index: number): object | undefined;
  piece(index: number, text: string, reports: readonly TokenReport[] | undefined): object;
  /** A piece of a call, if there can be one. */
  call?(index: number, piece: CallPiece): object;
  last(index: number, reason: FinishReason): object;
  whole(index: number, choice: WholeChoice): object;
}

/** A choice of an answer that is not streamed. */
export interface WholeChoice {
  readonly text: string;
  readonly calls: readonly CallPiece[];
  readonly reports: readonly TokenReport[] | undefined;
  readonly end: Extract<ChoiceEvent, { type: "end" }>;
}

export const chatShape: AnswerShape = {
  idPrefix: "chatcmpl-",
  object: "chat.completion",
  chunkObject: "chat.completion.chunk",
  first: (index) => chatDelta(index, { role: "assistant", content: "" }),
  piece: (index, content, reports) => ({ ...chatDelta(index, { content }), ...chatLogprobs(reports) }),
  call: (index, piece) => chatDelta(index, { tool_calls: [{ index: piece.index, ...chatCall(piece) }] }),
  last: (index, reason) => ({ ...chatDelta(index, {}), finish_reason: reason }),
  whole: (index, { text, calls, reports, end: { reason } }) => ({
    index,
    message: {
      role: "assistant",
      content: text === "" && calls.length > 0 ? null : text,
      refusal: null,
      ...(calls.length > 0 && { tool_calls: calls.map(chatCall) }),
    },
    finish_reason: reason,
    logprobs: null,
    ...chatLogprobs(reports),
  }),
};

export const completionShape: AnswerShape = {
  idPrefix: "cmpl-",
  object: "text_completion",
  chunkObject: "text_completion",
  first: () => undefined,
  piece: (index, text, reports) => completionChoice(index, text, reports, null),
  last: (index, reason) => completionChoice(index, "", undefined, reason),
  whole: (index, { text, reports, end: { reason } }) => completionChoice(index, text, reports, reason),
};

/** The first piece of a call has its name and id. */
function chatCall({ id, name, arguments: text }: CallPiece): object {
  if (name === undefined) return { function: { arguments: text } };
  return { id, type: "function", function: { name, arguments: text } };
}

function chatDelta(index: number, delta: object) {
  return { index, delta, finish_reason: null, logprobs: null };
}

function chatLogprobs(reports: readonly TokenReport[] | undefined): object {
  if (reports === undefined) return {};
  const content = reports.map((report) => ({ ...chatToken(report), top_logprobs: report.top.map(chatToken) }));
  return { logprobs: { content, refusal: null } };
}

function chatToken({ text, logprob }: WrittenLikelyToken): object {
  return { token: text, logprob: finite(logprob), bytes: [...new TextEncoder().encode(text)] };
}

function completionChoice(
  index: number,
  text: string,
  reports: readonly TokenReport[] | undefined,
  reason: FinishReason,
): object {
  const logprobs = reports === undefined ? null : completionLogprobs(reports);
  return { index, text, logprobs, finish_reason: reason };
}

function completionLogprobs(reports: readonly TokenReport[]): object {
  let offset = 0;
  const offsets = reports.map(({ text }) => {
    const start = offset;
    offset += text.length;
    return start;
  });
  return {
    tokens: reports.map(({ text }) => text),
    token_logprobs: reports.map(({ logprob }) => finite(logprob)),
    top_logprobs: reports.map(({ top }) => Object.fromEntries(top.map((one) => [one.text, finite(one.logprob)]))),
    text_offset: offsets,
  };
}

/** JSON has no infinity; OpenAI's API has this value for impossible tokens. */
function finite(logprob: number): number {
  return Math.max(logprob, -9999);
}
