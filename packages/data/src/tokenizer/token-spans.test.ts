import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ExampleError } from "../errors.ts";
import { TextTokenizer } from "./text-tokenizer.ts";

const fixture = (name: string) => {
  return JSON.parse(readFileSync(new URL(`../../fixtures/${name}.json`, import.meta.url), "utf8"));
};
const { texts, spans }: Expected = fixture("offsets.expected");

/** Written by fixtures/make_offsets.py: null for a token of white space only. */
interface Expected {
  readonly texts: readonly string[];
  readonly spans: Readonly<Record<string, readonly (readonly (readonly [number, number] | null)[])[]>>;
}

describe.each(["byte-level", "word-piece", "unigram", "llama-like", "word-level"])(
  "the spans of tokens (%s)",
  (name) => {
    const tokenizer = TextTokenizer.fromJson(fixture(name), {});

    it.each(texts.map((text, index) => ({ text, index })))(
      "are those of Rust's tokenizers: $text",
      ({ text, index }) => {
        const expected = spans[name]?.[index] ?? [];
        const got = tokenizer.encodeQuestion("", text).spans;
        expect(got.map((span, token) => (expected[token] === null ? null : span))).toEqual(expected);
      },
    );
  },
);

describe("a question and a text", () => {
  const tokenizer = TextTokenizer.fromJson(fixture("word-piece"), {});

  it("are encoded as a pair, with the text truncated if they are too long", () => {
    const pair = tokenizer.encodePair("the dog", "does the fox sleep");
    const whole = tokenizer.encodeQuestion("the dog", "does the fox sleep");
    expect([whole.inputIds, whole.tokenTypeIds]).toEqual([pair.inputIds, pair.tokenTypeIds]);
    expect(whole.contextStart).toBe(tokenizer.encode("the dog").length);
    const cut = tokenizer.encodeQuestion("the dog", "does the fox sleep", { maxLength: whole.contextStart + 3 });
    expect([cut.inputIds.length, cut.spans]).toEqual([whole.contextStart + 3, whole.spans.slice(0, 2)]);
    expect(cut.inputIds.at(-1)).toBe(whole.inputIds.at(-1));
  });

  it("need room for the text, and a tokenizer with character offsets", () => {
    expect(() => tokenizer.encodeQuestion("the dog", "sleeps", { maxLength: 5 })).toThrow(ExampleError);
    expect(() => tokenizer.encodeQuestion("the dog", "the [SEP] fox")).toThrow(
      "This tokenizer has no character offsets",
    );
  });
});
