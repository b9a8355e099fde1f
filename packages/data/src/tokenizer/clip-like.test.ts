// CLIP's tokenizer: words end in "</w>", capitals and runs of spaces do not count. fixtures/make_clip_like.py made the ids.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { TextTokenizer } from "./text-tokenizer.ts";

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/clip-like${name}.json`, import.meta.url), "utf8"));
const expected: readonly (readonly [text: string, ids: readonly number[]])[] = read(".expected");
const tokenizer = TextTokenizer.fromJson(read(""), { bos_token: "<|startoftext|>", eos_token: "<|endoftext|>" });

it.each(expected)("%j has the ids of Python's tokenizers", (text, ids) => {
  expect(tokenizer.encode(text)).toEqual(ids);
});
