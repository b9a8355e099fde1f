import { TextTokenizer } from "@lowrank/data";
import { expect, it, vi } from "vitest";
import { beginningOf } from "./embed-texts.ts";

const tokenizer = TextTokenizer.fromJson({
  model: { type: "WordLevel", vocab: { "[UNK]": 0, one: 1, two: 2 }, unk_token: "[UNK]" },
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: "Whitespace" },
  post_processor: null,
  decoder: null,
});

it("reads no more of a long text than its first tokens need", () => {
  const encode = vi.spyOn(tokenizer, "encode");
  const { inputIds } = beginningOf("one two ".repeat(100_000), tokenizer, 6);
  expect(inputIds).toEqual([1, 2, 1, 2, 1, 2]);
  expect(Math.max(...encode.mock.calls.map(([text]) => text.length))).toBeLessThan(200);
});

it("reads on if a text begins with characters that are not a token", () => {
  expect(beginningOf(`${" ".repeat(10_000)}two one`, tokenizer, 6).inputIds).toEqual([2, 1]);
});
