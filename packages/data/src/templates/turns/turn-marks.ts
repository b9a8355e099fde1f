// Which characters of a rendered conversation belong to which message. A template is rendered with marks: noncharacters of
// Unicode, "for internal use", around each round of a loop over messages, and around {% generation %} blocks.

/** Names of the variables that a {% generation %} block begins and ends with; empty texts where nothing is marked. */
export const generationMarks = { turn_generation_begins: "\uFDD3", turn_generation_ends: "\uFDD4" } as const;

/** A stretch of text. */
export interface TextSpan {
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
