import { describe, expect, it } from "vitest";
import { createLoraConfig } from "../config/create-lora-config.ts";
import { UnsupportedPatternError } from "../errors.ts";
import { matchesTarget } from "../targets/matches-target.ts";

const path = "model.layers.0.self_attn.q_proj_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

function matches(pattern: string, name = path): boolean {
  return matchesTarget(createLoraConfig({ targetModules: pattern }), name);
}

describe("a pattern from a file", () => {
  it.each([
    ["^(?!.*visual).*q_proj", "negative lookahead (?!…)"],
    [".*(?=q_proj)q_proj", "lookahead (?=…)"],
    [".*(?<=\\.)q_proj", "lookbehind (?<=…)"],
    [".*(?<!v)_proj", "negative lookbehind (?<!…)"],
    ["(a).*\\1", "backreference such as \\1"],
    ["(?P<a>q).*(?P=a)", "backreference (?P=…)"],
    ["(?>a*)b", "atomic group"],
    ["a*+b", "possessive repetition"],
    [".*proj\\Z", "\\Z"],
    ["(?#note)a", "comment"],
    ["q{,3}_proj", "write a{0,3}"],
    ["q{,}_proj", "without a lower bound"],
    ["[[:alpha:]]_proj", "POSIX class"],
    ["[x[:^digit:]_]*", "POSIX class"],
    ["\\p{L}_proj", "Unicode class"],
    ["[\\PN_]*", "Unicode class"],
    ["\\Qq_proj\\E", "\\Q…\\E"],
    ["(?<name>q)_proj", "write (?P<n>…)"],
    ["(?U)q.*", "flag U"],
    [".*proj\\z", "\\z"],
    ["q\\C", "\\C"],
  ])("%s is refused by the name of the construct, with what to do instead", (pattern, construct) => {
    expect(() => matches(pattern)).toThrow(UnsupportedPatternError);
    expect(() => matches(pattern)).toThrow(construct);
    expect(() => matches(pattern)).toThrow("give a list of module names");
  });

  it.each([
    ["\\(?=x", "=x", "the parenthesis is escaped"],
    ["[(?=]q", "?q", "it stands in a class"],
    ["a\\\\1", "a\\1", "the backslash is escaped"],
    ["[^{,3}]", "q", "the braces stand in a class"],
    ["a\\{,3}", "a{,3}", "the brace is escaped"],
    ["[:alpha:]+", "alpha:", "one pair of brackets names no class"],
    ["(?P<n>q)_(?:proj)+", "q_proj", "both have it"],
    ["a}+", "a}}", "the brace repeats nothing"],
  ])("%s is not taken for a foreign construct that it resembles: %s matches, %s", (pattern, name) => {
    expect(matches(pattern, name)).toBe(true);
  });

  it("means the same to RE2 as to Python wherever it was accepted: a repetition from 0 to 3", () => {
    expect(["", "a", "aaa", "aaaa"].map((name) => matches("a{0,3}", name))).toEqual([true, true, true, false]);
  });

  it.each(["(", "[", "a)(b", "*", "a{1001}", "((a{100}){100}){10}", "a".repeat(1001)])(
    "%.20s is refused because it is broken or too large",
    (pattern) => {
      expect(() => matches(pattern)).toThrow(UnsupportedPatternError);
    },
  );

  it.each([
    "([a-z_.0-9]+)*X",
    "(.*a){20}",
    "(a|a)*b",
    "(a|aa)+$b",
    "(.*)*(.*)*(.*)*x",
    "((a*)*)*b",
    "^(([a-z])+.)+[A-Z]$",
  ])("%s takes less than 100 ms, although it makes a backtracking engine hang", (pattern) => {
    const start = performance.now();
    matches(pattern);
    matches(pattern, "a".repeat(500));
    expect(performance.now() - start).toBeLessThan(100);
  });

  it("never matches a name longer than any module's", () => {
    expect(matches("a*", "a".repeat(513))).toBe(false);
  });
});
