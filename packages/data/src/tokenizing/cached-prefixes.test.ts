import { expect, it } from "vitest";
import type { TextTokenizer } from "../tokenizer/text-tokenizer.ts";
import { cachedPrefixes } from "./tokenize-example.ts";

/** How many texts are encoded; equal texts in the cache are not. */
function encoded(texts: readonly string[]): number {
  let count = 0;
  const idsOfPrefix = cachedPrefixes({ encode: () => [count++] } as unknown as TextTokenizer);
  for (const text of texts) idsOfPrefix(text);
  return count;
}

it("encodes equal beginnings once, also after thousands of others", () => {
  const different = Array.from({ length: 5000 }, (_, row) => `row ${row}`);
  expect(encoded([...different, "new", "new"])).toBe(5001);
});

it("forgets long texts, which would fill the memory", () => {
  const long = ["a", "b", "c"].map((letter) => letter.repeat(600_000));
  expect(encoded([...long, ...long])).toBeGreaterThan(3);
});
