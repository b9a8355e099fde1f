// A grammar over bytes: rules that are expanded when a text first reaches them, so recursion and large counts cost nothing.

/** One byte of a set. */
export interface ByteRule {
  readonly id: number;
  readonly bytes: ReadonlySet<number>;
}

/** One byte of a set, or one of several sequences. */
export type Rule =
  | ByteRule
  | {
      readonly id: number;
      readonly choices: () => readonly Sequence[];
      /** Inside a text in quotes: how many characters it has room for. */
      readonly room?: number | undefined;
    };

/** Rules one after the other; empty for the empty text. */
export type Sequence = readonly Rule[];

let count = 0;

/** One byte, from ranges of both ends: `[0x30, 0x39]` is a digit. */
export function oneByte(...ranges: readonly (readonly [from: number, to: number])[]): Rule {
  const all = ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
  return { id: count++, bytes: new Set(all) };
}

/** One of several sequences, made when a text first needs them. `room`: inside a text in quotes, how many characters still fit. */
export function oneOf(choices: () => readonly Sequence[], room?: number): Rule {
  let cachedChoices: readonly Sequence[] | undefined;
  return {
    id: count++,
    room,
    choices: () => {
      cachedChoices ??= choices();
      return cachedChoices;
    },
  };
}

/** The same rule for the same key. */
export function memoized<Key extends string | number>(make: (key: Key) => Rule): (key: Key) => Rule {
  const rules = new Map<Key, Rule>();
  return (key) => {
    const rule = rules.get(key) ?? make(key);
    rules.set(key, rule);
    return rule;
  };
}

const singleByte = memoized((byte: number) => oneByte([byte, byte]));
const encoder = new TextEncoder();

/** Exactly this text. */
export function text(content: string): Sequence {
  return Array.from(encoder.encode(content), singleByte);
}

/** One of several texts. Common beginnings are shared, so that few ways are open at any time. */
export function oneOfTexts(contents: readonly string[]): Rule {
  const sharing = (tails: readonly Sequence[]): Rule =>
    oneOf(() => {
      const byFirst = new Map<Rule | undefined, Sequence[]>();
      for (const [first, ...rest] of tails) {
        const others = byFirst.get(first);
        if (others === undefined) byFirst.set(first, [rest]);
        else others.push(rest);
      }
      return [...byFirst].map(([first, rest]) => (first === undefined ? [] : [first, sharing(rest)]));
    });
  return sharing(contents.map(text));
}
