import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { readSentencePiece } from "./sentence-piece-model.ts";

const file = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../fixtures/vocabularies/${name}`, import.meta.url)));
const bytes = file("llama.model");
const read = (content: Uint8Array) => readSentencePiece(content, "folder/tokenizer.model");
/** A message of one piece: its text and kind, before what else is given. */
const onePiece = (text: readonly number[], kind: number, ...more: readonly number[]) =>
  Uint8Array.from([0x0a, text.length + 4, 0x0a, text.length, ...text, 0x18, kind, ...more]);

describe("a SentencePiece model", () => {
  it("has its pieces, special tokens and settings", () => {
    const model = read(bytes);
    expect(model.pieces.slice(0, 4).map(({ text, kind }) => [text, kind])).toEqual([
      ["<unk>", "unknown"],
      ["<s>", "control"],
      ["</s>", "control"],
      ["<0x00>", "byte"],
    ]);
    expect(model).toMatchObject({
      algorithm: "bpe",
      unknownId: 0,
      beginsText: "<s>",
      endsText: "</s>",
      fallsBackToBytes: true,
    });
    expect(model.normalizer).toEqual({ charsmap: undefined, addsDummyPrefix: true, removesExtraSpaces: false });
    expect(readSentencePiece(file("t5.model"), "")).toMatchObject({ algorithm: "unigram", unknownId: 2 });
  });

  it.each([
    ["a text", new TextEncoder().encode('{"model_type": "bert"}'), /is not a readable SentencePiece model/],
    ["nothing", new Uint8Array(), /it has no pieces/],
    ["a file that ends early", bytes.subarray(0, -3), /longer than its message/],
    ["a piece without a text", Uint8Array.from([0x0a, 0]), /piece 0 has no text/],
    ["a piece of an unknown kind", onePiece([0x61], 9), /bytes, or an unknown type/],
    ["a text that is no UTF-8", onePiece([0xff], 1), /is not a readable SentencePiece model/],
    ["a number without end", Uint8Array.from([0x08, ...new Array(20).fill(0xff)]), /more than ten bytes/],
    ["words instead of parts of words", onePiece([0x61], 1, 0x12, 2, 0x18, 3), /words or characters/],
    [
      "a score that is no number",
      Uint8Array.from([0x0a, 8, 0x0a, 1, 0x61, 0x15, 0, 0, 0xc0, 0x7f]),
      /score of piece 0 is NaN/,
    ],
  ])("is refused for %s, by its file", (_, content, message) => {
    expect(() => read(content)).toThrow(expect.objectContaining({ code: "TOKENIZER_INVALID" }));
    expect(() => read(content)).toThrow(message);
    expect(() => read(content)).toThrow("folder/tokenizer.model");
  });

  it("is read or refused with any byte changed", () => {
    let seed = 1;
    for (let round = 0; round < 300; round += 1) {
      const broken = Uint8Array.from(bytes);
      seed = (seed * 48271) % 2147483647;
      broken[seed % broken.length] = seed % 251;
      try {
        read(broken);
      } catch (error) {
        expect(error).toMatchObject({ code: "TOKENIZER_INVALID" });
      }
    }
  });
});
