// Finds the assistant's answers in a rendered conversation. This is not simple, because the text of a conversation's first turns is
// not always a prefix of the whole text: templates drop the reasoning of earlier turns, end the last turn with another token, or
// start the reasoning in the generation prompt.

import { TemplateError, TemplateLimitError } from "../../errors.ts";
import type { ChatMessage } from "../../example.ts";

/** Renders a conversation. Both methods throw TemplateError if the template refuses it. */
export interface ConversationWriter {
  render(messages: readonly ChatMessage[], addGenerationPrompt: boolean): string;
  renderTurns(messages: readonly ChatMessage[], addGenerationPrompt: boolean): MarkedText;
}

/** An answer in the text. With {% generation %} blocks an answer may have several spans. */
interface AnswerSpan extends TextSpan {
  readonly message: number;
}

/** A conversation as text, and the answers in it. */
export interface WrittenConversation {
  readonly text: string;
  /** In the order of the text, without messages that were not found. */
  readonly answers: readonly AnswerSpan[];
}

/** Renders the whole conversation, with a generation prompt if the next message is the assistant's, and finds the answers. */
export function writeConversation(messages: readonly ChatMessage[], writer: ConversationWriter): WrittenConversation {
  const isAnswerDue = messages.at(-1)?.role !== "assistant";
  const text = writer.render(messages, isAnswerDue);
  const marked = writer.renderTurns(messages, isAnswerDue);
  // Markers can change the rendered text, for example if a template trims the text of a loop. They are then not used.
  const turns = marked.text === text ? marked : { text, turns: new Map<number, TextSpan>(), generated: [] };
  const inOrder: AnswerSpan[] = [];
  for (const span of turns.generated.length > 0
    ? generatedSpans(turns, messages)
    : turnSpans(turns, messages, writer)) {
    if (span.start >= (inOrder.at(-1)?.end ?? 0)) inOrder.push(span);
  }
  return { text, answers: inOrder };
}

/** The answers by the template's own {% generation %} blocks. */
function generatedSpans({ text, generated }: MarkedText, messages: readonly ChatMessage[]): readonly AnswerSpan[] {
  const last = messages.length - 1;
  return generated.map(({ start, end, message = last }) => {
    return { message, start, end: start + trainedLength(text.slice(start, end), messages[message]?.content ?? "") };
  });
}

function turnSpans(marked: MarkedText, messages: readonly ChatMessage[], writer: ConversationWriter): AnswerSpan[] {
  let prompt: string | undefined;
  const conversation = { ...marked, messages, writer, prompt: () => (prompt ??= promptOf(messages, writer)) };
  return messages.flatMap(({ role, content }, message): AnswerSpan[] => {
    if (role !== "assistant") return [];
    const found = spanByPrefixes(message, conversation) ?? spanInTurn(message, conversation);
    if (found === undefined) return [];
    const { start, end } = found;
    return [{ message, start, end: start + trainedLength(marked.text.slice(start, end), content) }];
  });
}

interface Rendered extends MarkedText {
  readonly messages: readonly ChatMessage[];
  readonly writer: ConversationWriter;
  prompt(): string;
}

/** The span between the text before the answer (with a generation prompt) and the text up to its end, if both are prefixes of the whole. */
function spanByPrefixes(message: number, { messages, writer, text }: Rendered): TextSpan | undefined {
  if (message === 0) return undefined; // many templates refuse an empty conversation
  const before = unlessRefused(() => writer.render(messages.slice(0, message), true));
  if (before === undefined || !text.startsWith(before)) return undefined;
  if (message === messages.length - 1) return { start: before.length, end: text.length };
  const through = unlessRefused(() => writer.render(messages.slice(0, message + 1), false));
  if (through === undefined || !text.startsWith(through) || !through.startsWith(before)) return undefined;
  return { start: before.length, end: through.length };
}

/** The text of the message's turn, without the part of the generation prompt at its start. */
function spanInTurn(message: number, conversation: Rendered): TextSpan | undefined {
  const { messages, text, turns, prompt } = conversation;
  const turn = turns.get(message);
  if (turn === undefined) return undefined;
  const written = text.slice(turn.start, turn.end);
  // The text at the start of every conversation may be part of the first message's turn.
  const preamble = Math.max(0, written.indexOf(prompt()));
  const start = turn.start + preamble + sharedStart(written.slice(preamble), prompt());
  const isEndedLater = message === messages.length - 1 && !hasEndToken(written, messages[message]?.content ?? "");
  return { start, end: isEndedLater ? text.length : turn.start + lengthWithoutTools(message, written, conversation) };
}

/** The length of a turn without answers of tools, which some templates write into the turn of the call. */
function lengthWithoutTools(message: number, written: string, { messages, writer }: Rendered): number {
  if (messages[message + 1]?.role !== "tool") return written.length;
  const next = messages.findIndex(({ role }, index) => index > message && role !== "tool");
  const others = next === -1 ? [] : messages.slice(next);
  const without = unlessRefused(() => writer.renderTurns([...messages.slice(0, message + 1), ...others], false));
  const turn = without?.turns.get(message);
  return turn === undefined ? written.length : sharedStart(written, without?.text.slice(turn.start, turn.end) ?? "");
}

/** The generation prompt: the text after the last message's turn. */
function promptOf(messages: readonly ChatMessage[], { renderTurns }: ConversationWriter): string {
  const last = messages.map(({ role }) => role !== "assistant").lastIndexOf(true);
  const { text, turns } =
    (last === -1 ? undefined : unlessRefused(() => renderTurns(messages.slice(0, last + 1), true))) ??
    renderTurns(messages, true);
  return text.slice(Math.max(0, ...[...turns.values()].map(({ end }) => end)));
}

/** The length of the common prefix of two texts, without a partial special token at its end ("<" of "<think>"). */
function sharedStart(text: string, other: string): number {
  let length = 0;
  while (length < text.length && text[length] === other[length]) length += 1;
  if (length === other.length || length === text.length) return length;
  while (length > 0 && !/[\s>\]]/.test(text.charAt(length - 1))) length -= 1;
  return length;
}

/** Generation stops at the token that ends a turn, so a line end after it is not trained. */
function trainedLength(turn: string, content: string): number {
  return hasEndToken(turn, content) ? turn.trimEnd().length : turn.length;
}

/** Whether a turn has more text after its content, such as an end token. Assumed for a turn without content (tool calls). */
function hasEndToken(turn: string, content: string): boolean {
  return content.trim() === "" || !turn.trimEnd().endsWith(content.trimEnd());
}

/** Undefined if the template refuses the conversation. */
export function unlessRefused<T>(render: () => T): T | undefined {
  try {
    return render();
  } catch (error) {
    if (error instanceof TemplateLimitError || !(error instanceof TemplateError)) throw error;
    return undefined;
  }
}

/** Variables that are written at the start and end of a {% generation %} block. Without markers they are empty. */
export const generationMarkers = { turn_generation_begins: "\uFDD3", turn_generation_ends: "\uFDD4" } as const;

interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** A rendered text without markers, and the spans that they marked. */
export interface MarkedText {
  readonly text: string;
  /** The turn of each message, by its index: the first span that is not empty. */
  readonly turns: ReadonlyMap<number, TextSpan>;
  /** The spans of {% generation %} blocks, with the index of the message whose turn contains them. */
  readonly generated: readonly (TextSpan & { readonly message: number | undefined })[];
}

const generationTag = /\{%(-?)\s*(end)?generation\s*(-?)%\}/g;

/** Replaces transformers' own tag by standard Jinja statements, with the same effect on white space. */
export function withGenerationMarkers(source: string): string {
  return source.replace(generationTag, (_, before: string, end: string | undefined, after: string) => {
    return `{%${before} if true %}{{ turn_generation_${end === undefined ? "begins" : "ends"} }}{% endif ${after}%}`;
  });
}

/** The marker at the start of a turn. */
export function startOfTurn(message: number): string {
  return `\uFDD0${message}\uFDD1`;
}

/** The marker at the end of a turn. */
export const endOfTurn = "\uFDD2";

/** Removes the markers from a text, and reads their positions. */
export function readMarkers(marked: string): MarkedText {
  const turns = new Map<number, TextSpan>();
  const generated: (TextSpan & { readonly message: number | undefined })[] = [];
  const open: { readonly message: number; readonly start: number }[] = [];
  let text = "";
  let generationStart = 0;
  for (const [index, piece] of marked.split(/(\uFDD0\d+\uFDD1|[\uFDD2-\uFDD4])/).entries()) {
    if (index % 2 === 0) text += piece;
    else if (piece === generationMarkers.turn_generation_begins) generationStart = text.length;
    else if (piece === generationMarkers.turn_generation_ends) {
      generated.push({ start: generationStart, end: text.length, message: open.at(-1)?.message });
    } else if (piece !== endOfTurn) open.push({ message: Number(piece.slice(1, -1)), start: text.length });
    else {
      const { message = -1, start = text.length } = open.pop() ?? {};
      if (start < text.length && !turns.has(message)) turns.set(message, { start, end: text.length });
    }
  }
  return { text, turns, generated };
}
