// JSON (RFC 8259) as rules. Left out is what helps no reader and lets a weak model write forever: exponents, long numbers, long
// runs of white space, and \u escapes of surrogates.

import { memoized, oneByte, oneOf, oneOfTexts, type Rule, type Sequence, text } from "./rules.ts";

/** Bounds of a text's length or of a list's, both included. */
export interface CountBounds {
  readonly min: number;
  readonly max: number;
}

const indent: (spaces: number) => Rule = memoized((spaces: number) =>
  oneOf(() => (spaces === 0 ? [[]] : [[], [...text(" "), indent(spaces - 1)]])),
);

/** Nothing, a space, or a line break with up to 32 spaces. */
export const space = oneOf(() => [[], text(" "), [...text("\n"), indent(32)]]);

const hex = oneByte([0x30, 0x39], [0x41, 0x46], [0x61, 0x66]);
const notD = oneByte([0x30, 0x39], [0x41, 0x43], [0x45, 0x46], [0x61, 0x63], [0x65, 0x66]);
const next = oneByte([0x80, 0xbf]);

/** A character between quotes: valid UTF-8 (RFC 3629, section 4) or an escape. */
const character = oneOf(() => [
  [oneByte([0x20, 0x21], [0x23, 0x5b], [0x5d, 0x7f])],
  [oneByte([0xc2, 0xdf]), next],
  [oneByte([0xe0, 0xe0]), oneByte([0xa0, 0xbf]), next],
  [oneByte([0xe1, 0xec], [0xee, 0xef]), next, next],
  [oneByte([0xed, 0xed]), oneByte([0x80, 0x9f]), next],
  [oneByte([0xf0, 0xf0]), oneByte([0x90, 0xbf]), next, next],
  [oneByte([0xf1, 0xf3]), next, next, next],
  [oneByte([0xf4, 0xf4]), oneByte([0x80, 0x8f]), next, next],
  [...text("\\"), escaped],
]);

const escaped = oneOf(() => [
  [oneOfTexts(['"', "\\", "/", "b", "f", "n", "r", "t"])],
  [...text("u"), notD, hex, hex, hex],
  [...text("u"), oneByte([0x44, 0x44], [0x64, 0x64]), oneByte([0x30, 0x37]), hex, hex],
]);

/** A text in quotes, whose number of characters is within the bounds. */
export function quoted({ min, max }: CountBounds): Rule {
  // Without a maximum, all numbers of characters from the minimum on are one rule.
  const after = memoized((length: number): Rule => {
    const next = max === Number.POSITIVE_INFINITY ? Math.min(length + 1, min) : length + 1;
    const choices = () => [...(length >= min ? [[]] : []), ...(length < max ? [[character, after(next)]] : [])];
    return oneOf(choices, max - length);
  });
  return oneOf(() => [[...text('"'), after(0), ...text('"')]]);
}

/** Any characters of a text in quotes. */
export const insideText: Rule = oneOf(() => [[], [character, insideText]]);

export const anyText = quoted({ min: 0, max: Number.POSITIVE_INFINITY });

/** `open`, elements between commas, `close`: `element` of each place, until there is none or `canEnd`. */
export function list({
  open,
  close,
  element,
  canEnd,
}: {
  readonly open: string;
  readonly close: string;
  /** What may come at a place, each with the place after it. */
  readonly element: (place: number) => readonly (readonly [element: Sequence, place: number])[];
  readonly canEnd: (place: number) => boolean;
}): Rule {
  const further = memoized((key: string): Rule => {
    const isFirst = key.startsWith("f");
    const place = Number(key.slice(1));
    return oneOf(() => [
      ...(canEnd(place) ? [[space, ...text(close)]] : []),
      ...element(place).map(([one, after]) => [...(isFirst ? [] : text(",")), space, ...one, further(`n${after}`)]),
    ]);
  });
  return oneOf(() => [[...text(open), further("f0")]]);
}

/** An object with any names, whose values follow one rule. */
export function anyObject(value: Rule): Rule {
  const members: Sequence = [anyText, ...text(":"), space, value];
  return list({ open: "{", close: "}", element: () => [[members, 0]], canEnd: () => true });
}

/** A list whose elements follow one rule; `first` are the rules of the first elements. */
export function anyList(element: Rule, { min, max }: CountBounds, first: Sequence = []): Rule {
  const stop = Math.max(min, first.length);
  return list({
    open: "[",
    close: "]",
    element: (place) => {
      const after = max === Number.POSITIVE_INFINITY ? Math.min(place + 1, stop) : place + 1;
      return place < max ? [[[first[place] ?? element], after]] : [];
    },
    canEnd: (place) => place >= min,
  });
}
