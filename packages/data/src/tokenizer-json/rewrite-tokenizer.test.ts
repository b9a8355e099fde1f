import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { TextTokenizer } from "../tokenizer/text-tokenizer.ts";

/** Results of Python's tokenizers: fixtures/make_rust_parts.py. */
interface RustPart {
  readonly name: string;
  readonly json: unknown;
  readonly texts: readonly { readonly text: string; readonly ids: readonly number[]; readonly decoded: string }[];
  readonly pairs: readonly {
    readonly pair: readonly [string, string];
    readonly ids: readonly number[];
    readonly types: readonly number[];
  }[];
  /** Truncated pairs, the longer text first. */
  readonly cuts: readonly (RustPart["pairs"][number] & { readonly length: number })[];
}

const { parts } = JSON.parse(readFileSync(new URL("../../fixtures/rust-parts.json", import.meta.url), "utf8")) as {
  readonly parts: readonly RustPart[];
};

describe.each(parts)("a tokenizer with $name", ({ json, texts }) => {
  it("encodes and decodes every text as Rust's does", () => {
    const tokenizer = TextTokenizer.fromJson(json);
    const got = texts.map(({ text, ids }) => {
      return { text, ids: tokenizer.encode(text), decoded: tokenizer.decode(ids, { skipSpecialTokens: false }) };
    });
    expect(got).toEqual(texts);
  });
});

describe.each(parts.filter(({ pairs }) => pairs.length > 0))("a tokenizer with $name", ({ json, pairs, cuts }) => {
  it("truncates two texts as Rust's does: the longer text first", () => {
    const tokenizer = TextTokenizer.fromJson(json);
    const got = cuts.map(({ pair, length }) => {
      const { inputIds, tokenTypeIds } = tokenizer.encodePair(...pair, { maxLength: length });
      return { pair, length, ids: inputIds, types: tokenTypeIds };
    });
    expect(got).toEqual(cuts);
  });

  it("encodes every pair like Rust, including empty texts", () => {
    const tokenizer = TextTokenizer.fromJson(json);
    const got = pairs.map(({ pair }) => {
      const { inputIds, tokenTypeIds } = tokenizer.encodePair(...pair);
      return { pair, ids: inputIds, types: tokenTypeIds };
    });
    expect(got).toEqual(pairs);
  });
});

it("replaces each byte that is not UTF-8 by a replacement character, like Rust", () => {
  const bytes = parts.find(({ name }) => name === "Unigram with bytes");
  const tokenizer = TextTokenizer.fromJson(bytes?.json);
  expect(tokenizer.decode([1 + 0xe2, 1 + 0x82])).toBe("\uFFFD\uFFFD");
});

it("refuses a BPE with a prefix of subwords, which the library would ignore", () => {
  const model = { type: "BPE", vocab: { a: 0, "##b": 1 }, merges: [], continuing_subword_prefix: "##" };
  expect(() => TextTokenizer.fromJson({ model })).toThrow(expect.objectContaining({ code: "TOKENIZER_INVALID" }));
  expect(() => TextTokenizer.fromJson({ model })).toThrow("continuing_subword_prefix: expected none");
});
