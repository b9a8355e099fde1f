// Where in a rendered conversation the assistant's answers are. Templates rewrite earlier turns once more turns follow (they
// drop thoughts), end the last turn by another token, and open a thought in the generation prompt, so that what a
// conversation's beginning is rendered as need not be the beginning of the whole.

import { TemplateError, TemplateLimitError } from "../../errors.ts";
import type { ChatMessage } from "../../example.ts";

/** A conversation by a template. Both throw TemplateError where the template refuses it. */
export interface ConversationWriter {
  render(messages: readonly ChatMessage[], addGenerationPrompt: boolean): string;
  renderTurns(messages: readonly ChatMessage[], addGenerationPrompt: boolean): MarkedText;
}

/** An answer in the text; more than one stretch where {% generation %} blocks say so. */
interface AnswerSpan extends TextSpan {
  readonly message: number;
}

/** A conversation as text, and the answers in it. */
export interface WrittenConversation {
  readonly text: string;
  /** In the order of the text. Of a message that is not found there is none. */
  readonly answers: readonly AnswerSpan[];
}

/** The whole conversation, with a generation prompt where an answer is due. */
export function writeConversation(messages: readonly ChatMessage[], writer: ConversationWriter): WrittenConversation {
  const isAnswerDue = messages.at(-1)?.role !== "assistant";
  const text = writer.render(messages, isAnswerDue);
  const marked = writer.renderTurns(messages, isAnswerDue);
  // Marks can change what is written: where a template trims what a loop over messages wrote.
  const turns = marked.text === text ? marked : { text, turns: new Map<number, TextSpan>(), generated: [] };
  const inOrder: AnswerSpan[] = [];
  for (const span of turns.generated.length > 0
    ? generatedSpans(turns, messages)
    : turnSpans(turns, messages, writer)) {
    if (span.start >= (inOrder.at(-1)?.end ?? 0)) inOrder.push(span);
  }
  return { text, answers: inOrder };
}

/** As the template's author marked them. */
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
    const found = spanByBeginnings(message, conversation) ?? spanInTurn(message, conversation);
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

/** Between what comes before the answer, with a generation prompt, and what ends with it, if the whole text begins with both. */
function spanByBeginnings(message: number, { messages, writer, text }: Rendered): TextSpan | undefined {
  if (message === 0) return undefined; // many templates refuse an empty conversation
  const before = unlessRefused(() => writer.render(messages.slice(0, message), true));
  if (before === undefined || !text.startsWith(before)) return undefined;
  if (message === messages.length - 1) return { start: before.length, end: text.length };
  const through = unlessRefused(() => writer.render(messages.slice(0, message + 1), false));
  if (through === undefined || !text.startsWith(through) || !through.startsWith(before)) return undefined;
  return { start: before.length, end: through.length };
}

/** What was written for the message, without what of the generation prompt it begins with. */
function spanInTurn(message: number, conversation: Rendered): TextSpan | undefined {
  const { messages, text, turns, prompt } = conversation;
  const turn = turns.get(message);
  if (turn === undefined) return undefined;
  const written = text.slice(turn.start, turn.end);
  // What every conversation begins with can be written in the first message's turn.
  const preamble = Math.max(0, written.indexOf(prompt()));
  const start = turn.start + preamble + sharedStart(written.slice(preamble), prompt());
  const isEndedLater = message === messages.length - 1 && !hasMark(written, messages[message]?.content ?? "");
  return { start, end: isEndedLater ? text.length : turn.start + lengthWithoutTools(message, written, conversation) };
}

/** Some templates write what tools answer in the turn that called them. */
function lengthWithoutTools(message: number, written: string, { messages, writer }: Rendered): number {
  if (messages[message + 1]?.role !== "tool") return written.length;
  const next = messages.findIndex(({ role }, index) => index > message && role !== "tool");
  const others = next === -1 ? [] : messages.slice(next);
  const without = unlessRefused(() => writer.renderTurns([...messages.slice(0, message + 1), ...others], false));
  const turn = without?.turns.get(message);
  return turn === undefined ? written.length : sharedStart(written, without?.text.slice(turn.start, turn.end) ?? "");
}

/** What asks for an answer: what follows the last message's turn. */
function promptOf(messages: readonly ChatMessage[], { renderTurns }: ConversationWriter): string {
  const last = messages.map(({ role }) => role !== "assistant").lastIndexOf(true);
  const { text, turns } =
    (last === -1 ? undefined : unlessRefused(() => renderTurns(messages.slice(0, last + 1), true))) ??
    renderTurns(messages, true);
  return text.slice(Math.max(0, ...[...turns.values()].map(({ end }) => end)));
}

/** How many characters two texts share at their start. A mark of which only a part is shared ("<" of "<think>") is not. */
function sharedStart(text: string, other: string): number {
  let length = 0;
  while (length < text.length && text[length] === other[length]) length += 1;
  if (length === other.length || length === text.length) return length;
  while (length > 0 && !/[\s>\]]/.test(text.charAt(length - 1))) length -= 1;
  return length;
}

/** Generation stops at the mark that ends a turn, so the line end that many templates write after it is not trained. */
function trainedLength(turn: string, content: string): number {
  return hasMark(turn, content) ? turn.trimEnd().length : turn.length;
}

/** Whether a turn ends with more than what is said. Without a text – calls of tools – nothing tells the two apart. */
function hasMark(turn: string, content: string): boolean {
  return content.trim() === "" || !turn.trimEnd().endsWith(content.trimEnd());
}

/** Undefined where the template refuses what it is given. */
export function unlessRefused<T>(render: () => T): T | undefined {
  try {
    return render();
  } catch (error) {
    if (error instanceof TemplateLimitError || !(error instanceof TemplateError)) throw error;
    return undefined;
  }
}

/** Names of the variables that a {% generation %} block begins and ends with; empty texts where nothing is marked. */
export const generationMarks = { turn_generation_begins: "\uFDD3", turn_generation_ends: "\uFDD4" } as const;

interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** What the marks of a rendering say. */
export interface MarkedText {
  /** Without the marks. */
  readonly text: string;
  /** What was written for each message, by its number: the first stretch that is not empty. */
  readonly turns: ReadonlyMap<number, TextSpan>;
  /** What {% generation %} blocks wrote, with the number of the message whose turn it is in. */
  readonly generated: readonly (TextSpan & { readonly message: number | undefined })[];
}

const generationTag = /\{%(-?)\s*(end)?generation\s*(-?)%\}/g;

/** transformers' own tag, as statements that Jinja has, with the same effect on white space. */
export function withGenerationMarks(source: string): string {
  return source.replace(generationTag, (_, before: string, end: string | undefined, after: string) => {
    return `{%${before} if true %}{{ turn_generation_${end === undefined ? "begins" : "ends"} }}{% endif ${after}%}`;
  });
}

/** What a template writes before what is in a turn. */
export function startOfTurn(message: number): string {
  return `\uFDD0${message}\uFDD1`;
}

/** What a template writes behind it. */
export const endOfTurn = "\uFDD2";

/** Takes the marks out of a text. */
export function readMarks(marked: string): MarkedText {
  const turns = new Map<number, TextSpan>();
  const generated: (TextSpan & { readonly message: number | undefined })[] = [];
  const open: { readonly message: number; readonly start: number }[] = [];
  let text = "";
  let generationStart = 0;
  for (const [index, piece] of marked.split(/(\uFDD0\d+\uFDD1|[\uFDD2-\uFDD4])/).entries()) {
    if (index % 2 === 0) text += piece;
    else if (piece === generationMarks.turn_generation_begins) generationStart = text.length;
    else if (piece === generationMarks.turn_generation_ends) {
      generated.push({ start: generationStart, end: text.length, message: open.at(-1)?.message });
    } else if (piece !== endOfTurn) open.push({ message: Number(piece.slice(1, -1)), start: text.length });
    else {
      const { message = -1, start = text.length } = open.pop() ?? {};
      if (start < text.length && !turns.has(message)) turns.set(message, { start, end: text.length });
    }
  }
  return { text, turns, generated };
}
