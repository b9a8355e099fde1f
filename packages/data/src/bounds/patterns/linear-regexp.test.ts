import { describe, expect, it } from "vitest";
import { TokenizationError } from "../../errors.ts";
import { LinearRegExp } from "./linear-regexp.ts";

/** A small generator of numbers from 0 to `limit` − 1, the same in each run. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const letters = ["a", "b", "A", "é", "서", "漢", "😀", "1", "2", " ", " ", "\n", "\r", "\t", "'", "s", ".", "\u0301"];

function texts(seed: number): string[] {
  const next = numbers(seed);
  return Array.from({ length: 300 }, () => {
    return Array.from({ length: next(14) }, () => letters[next(letters.length)]).join("");
  });
}

const space = "\\p{White_Space}";
const patterns = [
  `'s|'t| ?\\p{L}+| ?\\p{N}+| ?[^${space}\\p{L}\\p{N}]+|${space}+(?!\\P{White_Space})|${space}+`,
  `[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^${space}\\p{L}\\p{N}]+[\\r\\n]*|${space}*[\\r\\n]+|${space}+(?!\\P{White_Space})`,
  "[\\p{Lu}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lo}\\p{M}]+(?:'[sS]|'t)?|[\\p{Lu}\\p{Lo}]+[\\p{Ll}]*",
  `${space}+(?:(?=\\n)|(?![\\s\\S]))`,
  "(?:(?!(?:a|b+))[\\s\\S])+",
  "(?:(?:(?!(?:\\s))[\\s\\S])+)?(?:\\s)|(?:(?!(?:\\s))[\\s\\S])+",
  "a+?b|a{2,}|(a|b)??1",
  "(?<=a)b|(?<!a)1|(?<![\\s\\S])s",
  "(?:a|ab)(?:b|ba)?|(?=b[a1])b",
  "(?:a+)+(?![\\s\\S])|😀|[😀漢]{2}|\\u{c11c}",
  "(a+|b)+1|a?a?a?.|[^\\]a]",
  "x*",
];

describe("a linear RegExp", () => {
  it.each(patterns)("finds, cuts and replaces as the engine's own: %s", (source) => {
    const ours = new LinearRegExp(source, "gu");
    const own = new RegExp(source.replace(/\((?!\?)/g, "(?:"), "gu");
    for (const text of texts(source.length)) {
      expect(text.match(ours)).toEqual(text.match(own));
      expect(text.split(ours)).toEqual(text.split(own));
      expect(text.replaceAll(ours, "[$&]")).toBe(text.replaceAll(own, "[$&]"));
      expect([...text.matchAll(ours)].map(({ index }) => index)).toEqual(
        [...text.matchAll(own)].map(({ index }) => index),
      );
    }
  });

  it.each(["(?:a+)+(?![\\s\\S])", "(?:a|aa)+b", "(?:a+)+?b", "a*a*a*a*b", "\\s+(?![\\s\\S])|x+y"])(
    "ends on a text on which the engine's own does not: %s",
    (source) => {
      const text = `${"a".repeat(20_000)}!${" ".repeat(20_000)}x`;
      expect(text.match(new LinearRegExp(source))).toBeNull();
    },
  );

  it("counts a number of three thousand digits in threes from its end", () => {
    const threes = "\\p{Nd}{1,3}(?=(?:\\p{Nd}{3})*(?!\\p{Nd}))";
    expect("1".repeat(3001).match(new LinearRegExp(threes))).toHaveLength(1001);
  });

  it("throws a typed error if looking ahead needs quadratic time", () => {
    expect(() => "a".repeat(5000).match(new LinearRegExp("(?=a*)a(?!a*)"))).toThrow(TokenizationError);
  });

  it.each(["(a)\\1", "(?<=ab)c", "(?:a*)*", "(?:a{1000}){1000}", `${"(".repeat(200)}a${")".repeat(200)}`])(
    "refuses what it cannot bound: %s",
    (source) => {
      expect(() => new LinearRegExp(source)).toThrow(SyntaxError);
    },
  );
});
