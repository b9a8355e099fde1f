// The layout of a before/after picture, as data for drawing.

/** Size in pixels for social networks. */
export const cardWidth = 1200;
export const cardHeight = 630;

export interface CardContent {
  readonly prompt: string;
  readonly before: string;
  readonly after: string;
}

/** One block of text: its lines, the position of the first line, and the font size. */
export interface CardBlock {
  readonly role: keyof CardContent;
  readonly x: number;
  /** The position of the first line's baseline. */
  readonly y: number;
  readonly size: number;
  readonly lineHeight: number;
  readonly lines: readonly string[];
}

/** Width of a text in pixels, for a font size. */
export type Measure = (text: string, size: number) => number;

const margin = 64;
const gap = 40;
const column = (cardWidth - 2 * margin - gap) / 2;

/** Places a prompt above its two answers. Text that does not fit ends with an ellipsis. */
export function layoutCard({ prompt, before, after }: CardContent, measure: Measure): readonly CardBlock[] {
  const block = (
    role: keyof CardContent,
    text: string,
    at: { x: number; y: number; width: number },
    max: number,
  ): CardBlock => {
    const size = role === "prompt" ? 38 : 27;
    const lines = wrap(text, { width: at.width, max, measure: (line) => measure(line, size) });
    return { role, x: at.x, y: at.y, size, lineHeight: Math.round(size * 1.35), lines };
  };
  const inner = column - 48;
  return [
    block("prompt", prompt, { x: margin, y: 118, width: cardWidth - 2 * margin }, 2),
    block("before", before, { x: margin + 24, y: 290, width: inner }, 7),
    block("after", after, { x: margin + column + gap + 24, y: 290, width: inner }, 7),
  ];
}

/** The two boxes behind the answers. */
export const cardBoxes = [
  { role: "before", x: margin, y: 196, width: column, height: 350 },
  { role: "after", x: margin + column + gap, y: 196, width: column, height: 350 },
] as const;

interface Room {
  readonly width: number;
  readonly max: number;
  measure(line: string): number;
}

/** Breaks at spaces; in a word that is wider than a line, anywhere. */
export function wrap(text: string, { width, max, measure }: Room): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const piece of text
    .trim()
    .split(/\s+/)
    .flatMap((word) => fitting(word, width, measure))) {
    const longer = line === "" ? piece : `${line} ${piece}`;
    if (measure(longer) <= width) line = longer;
    else {
      lines.push(line);
      line = piece;
    }
  }
  if (line !== "") lines.push(line);
  if (lines.length <= max) return lines;
  const last = [...(lines[max - 1] ?? "")];
  while (last.length > 0 && measure(`${last.join("")}…`) > width) last.pop();
  return [...lines.slice(0, max - 1), `${last.join("").trimEnd()}…`];
}

function fitting(word: string, width: number, measure: Room["measure"]): readonly string[] {
  const pieces: string[] = [];
  let piece = "";
  for (const letter of word) {
    if (piece !== "" && measure(piece + letter) > width) {
      pieces.push(piece);
      piece = "";
    }
    piece += letter;
  }
  return piece === "" ? pieces : [...pieces, piece];
}
