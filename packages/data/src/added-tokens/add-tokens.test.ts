import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { TextTokenizer } from "../tokenizer/text-tokenizer.ts";
import { addTokens } from "./add-tokens.ts";

interface Expected {
  readonly tokens: readonly string[];
  readonly cases: readonly {
    readonly special: boolean;
    readonly ids: readonly number[];
    readonly added_tokens: readonly object[];
    readonly texts: readonly { text: string; ids: number[]; decoded: string; kept: string }[];
  }[];
}

function fixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../fixtures/${name}.json`, import.meta.url), "utf8"));
}

const names = ["byte-level", "word-piece", "llama-like", "unigram", "word-level"];
const cases = names.flatMap((name) => {
  const { tokens, cases } = fixture(`${name}.added`) as Expected;
  return cases.map((one) => [name, one.special ? "special" : "normal", { ...one, tokens }] as const);
});

describe.each(cases)(
  "the %s tokenizer with more %s tokens",
  (name, _, { tokens, special, ids, added_tokens, texts }) => {
    const extended = addTokens(fixture(name), tokens, { special });
    const tokenizer = TextTokenizer.fromJson(extended.json);

    it("has the same entries and ids as Python's add_tokens", () => {
      expect(extended.json.added_tokens).toEqual(added_tokens);
      expect(extended.ids).toEqual(ids);
      expect(tokens.map((token) => tokenizer.tokenId(token))).toEqual(ids);
    });

    it.each(texts)("reads and writes $text as Python's tokenizers do", ({ text, ids, decoded, kept }) => {
      expect(tokenizer.encode(text, { addSpecialTokens: false })).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(decoded);
      expect(tokenizer.decode(ids, { skipSpecialTokens: false })).toBe(kept);
    });
  },
);

describe("addTokens", () => {
  const json = fixture("word-piece") as Readonly<Record<string, unknown>>;

  it("changes nothing else, and does not modify its argument", () => {
    const before = JSON.stringify(json);
    const { json: after } = addTokens(json, ["<new>"]);
    expect(JSON.stringify(json)).toBe(before);
    expect({ ...after, added_tokens: json.added_tokens }).toEqual(json);
  });

  it("does not add a token twice, and keeps a special token special", () => {
    const once = addTokens(json, ["[SEP]", "<new>"]);
    const twice = addTokens(once.json, ["<new>", "[SEP]"]);
    expect(twice.json).toEqual(once.json);
    expect([once.newIds, twice.newIds]).toEqual([[235], []]);
    expect(twice.ids).toEqual([235, 3]);
  });

  it("continues after the ids of added tokens", () => {
    const entry = { ...(json.added_tokens as readonly object[])[0], id: 900, content: "<far>" };
    const far = { ...json, added_tokens: [...(json.added_tokens as readonly object[]), entry] };
    expect(addTokens(far, ["<new>", "<newer>"]).ids).toEqual([901, 902]);
  });

  it("reports all problems at once", () => {
    const add = () => addTokens(json, ["fine", "", " \t", "fine", "x".repeat(257), "\ud800"]);
    expect(add).toThrow(expect.objectContaining({ code: "TOKENS_NOT_ADDABLE" }));
    for (const reason of ["empty", "white space", "twice", "257 characters, expected at most 256", "surrogate"])
      expect(add).toThrow(reason);
  });

  it("refuses more than 10 000 tokens", () => {
    const many = Array.from({ length: 10_001 }, (_, index) => `<${index}>`);
    expect(() => addTokens(json, many)).toThrow("10001 tokens were given, expected at most 10000");
    expect(addTokens(json, many.slice(1)).newIds).toHaveLength(10_000);
  });

  it("refuses a vocabulary with gaps, in which a new id would be another token's", () => {
    const gaps = { model: { type: "WordLevel", vocab: { a: 0, b: 2 }, unk_token: "a" } };
    expect(() => addTokens(gaps, ["c"])).toThrow("its id would be 2, which another token has");
  });

  it("refuses an invalid tokenizer.json", () => {
    expect(() => addTokens({ model: { type: "BPE" } }, ["c"])).toThrow(
      expect.objectContaining({ code: "TOKENIZER_INVALID" }),
    );
  });
});
