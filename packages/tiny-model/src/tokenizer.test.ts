// The tokenizer is trained and measured with Python's implementation; users run the JavaScript one.
import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";
import { expect, test } from "vitest";

function readJson(path: string) {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
}

const lines: { text: string; ids: number[] }[] = readJson("./fixtures/token-ids.json");
const tokenizer = new Tokenizer(readJson("../model/tokenizer.json"), readJson("../model/tokenizer_config.json"));

test("JavaScript and Python make the same tokens of every line", () => {
  expect(lines.length).toBeGreaterThan(200);
  for (const { text, ids } of lines) {
    expect(tokenizer.encode(text).ids, text).toEqual(ids);
  }
});

test("decoding returns every line", () => {
  for (const { text, ids } of lines) {
    expect(tokenizer.decode(ids, { skip_special_tokens: false })).toBe(text);
  }
});

test("every digit is one token", () => {
  expect(tokenizer.encode("12345").ids).toHaveLength(5);
});
