// Against Rust's tokenizers and SentencePiece: fixtures/make_charsmap.py made the texts.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Charsmap } from "./charsmap.ts";

interface Expected {
  readonly charsmap: string;
  readonly texts: readonly string[];
  readonly graphemes: readonly string[];
  readonly longest: readonly string[];
}

const packed = readFileSync(new URL("../../fixtures/charsmap.json.gz", import.meta.url));
// The file was written by our own script.
const expected = JSON.parse(gunzipSync(packed).toString("utf8")) as Expected;
const bytes = new Uint8Array(Buffer.from(expected.charsmap, "base64"));
const map = new Charsmap(bytes);

describe("SentencePiece's charsmap", () => {
  it("writes texts as Rust's tokenizers do", () => {
    expect(expected.texts.map((text) => map.replaceGraphemes(text))).toEqual(expected.graphemes);
  });

  it("writes texts as SentencePiece does", () => {
    expect(expected.texts.map((text) => map.replaceLongest(text))).toEqual(expected.longest);
  });

  it("is refused if its trie is longer than the bytes", () => {
    expect(() => new Charsmap(bytes.subarray(0, 1000))).toThrow(RangeError);
    expect(() => new Charsmap(new Uint8Array())).toThrow(RangeError);
  });

  it("replaces nothing at a broken link of its trie", () => {
    const broken = Uint8Array.from({ length: 1028 }, (_, at) => (at < 4 ? [0, 4, 0, 0][at] : (at * 37) % 256) ?? 0);
    const text = "The quick brown fox é ﬁ 한글";
    expect(() => new Charsmap(broken).replaceLongest(text) + new Charsmap(broken).replaceGraphemes(text)).not.toThrow();
  });
});
