import { describe, expect, it } from "vitest";
import { createLoraConfig } from "./create-lora-config.ts";
import { UnsupportedPatternError } from "./errors.ts";
import { matchesTarget } from "./matches-target.ts";

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
  ])("%s is refused by the name of the construct, with what to do instead", (pattern, construct) => {
    expect(() => matches(pattern)).toThrow(UnsupportedPatternError);
    expect(() => matches(pattern)).toThrow(construct);
    expect(() => matches(pattern)).toThrow("give a list of module names");
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
