import { SplitPreTokenizer } from "@huggingface/tokenizers";
import { describe, expect, it } from "vitest";
import { isKnownPattern, publishedPatterns } from "./bound-patterns.ts";
import { LinearRegExp } from "./linear-regexp.ts";

const units = ["a", "A", " ", "\n", "\r\n", "1", "'", "漢", "\u0301", "ʰ", ".", "ǅ", "😀", " a", "Aa", " \n", "' "];

describe.each(publishedPatterns)("the pattern %s", (regex) => {
  const { pattern } = new SplitPreTokenizer({
    type: "Split",
    pattern: { Regex: regex },
    behavior: "Isolated",
    invert: false,
  });

  it("is known as the library writes it, and cuts as our own matcher does", () => {
    expect(isKnownPattern(pattern?.source ?? "")).toBe(true);
    const text = units.map((unit, index) => unit.repeat(1 + (index % 4))).join("");
    expect(text.repeat(3).match(pattern ?? /x/)).toEqual(text.repeat(3).match(new LinearRegExp(pattern ?? /x/)));
  });

  // With the square of the length, this would take minutes.
  it.each(units)("needs linear time for a text of %j", (unit) => {
    const text = unit.repeat(100_000);
    for (const end of ["", "b", "!", " ", "\n"]) (text + end).match(pattern ?? /x/);
    expect(pattern).toBeInstanceOf(RegExp);
  });
});

it("another pattern is not known", () => {
  expect(isKnownPattern("(?:a+)+$")).toBe(false);
});
