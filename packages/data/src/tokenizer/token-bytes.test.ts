import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { TextTokenizer } from "./text-tokenizer.ts";

function tokenizerOf(kind: string): TextTokenizer {
  return TextTokenizer.fromJson(
    JSON.parse(readFileSync(new URL(`../../fixtures/${kind}.json`, import.meta.url), "utf8")),
  );
}

describe("TextTokenizer.tokenBytes", () => {
  it.each([
    ["byte-level", "naïve café {}"],
    ["llama-like", "naïve café {}"],
    ["unigram", "the cat"],
  ])("has the bytes of a text in its tokens: %s", (kind, text) => {
    const tokenizer = tokenizerOf(kind);
    const bytes = tokenizer.tokenBytes();
    const parts = tokenizer.encode(text, { addSpecialTokens: false }).map((id) => bytes?.get(id));
    expect(Buffer.from(parts.join(""), "latin1").toString("utf8").trimStart()).toBe(text);
  });

  it("is undefined if tokens depend on their neighbours", () => {
    expect(tokenizerOf("word-piece").tokenBytes()).toBeUndefined();
  });
});
