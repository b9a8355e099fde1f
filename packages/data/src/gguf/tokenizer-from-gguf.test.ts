import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { TextTokenizer } from "../tokenizer/text-tokenizer.ts";
import { tokenizerFromGguf } from "./tokenizer-from-gguf.ts";

interface Case {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly texts: readonly { readonly text: string; readonly ids: readonly number[]; readonly decoded: string }[];
}

/** Made by fixtures/make_gguf_tokenizers.py. */
const packed = readFileSync(new URL("../../fixtures/gguf-tokenizers.json.gz", import.meta.url));
const { cases } = JSON.parse(gunzipSync(packed).toString()) as {
  readonly cases: Readonly<Record<string, Case>>;
};

const metadataOf = (name: string, changes: Readonly<Record<string, unknown>> = {}) => {
  const entries = Object.entries({ ...cases[name]?.metadata, ...changes });
  return new Map(entries.filter(([, value]) => value !== undefined));
};
const build = (metadata: ReadonlyMap<string, unknown>) => {
  const { tokenizerJson, tokenizerConfig } = tokenizerFromGguf(metadata);
  return TextTokenizer.fromJson(tokenizerJson, tokenizerConfig);
};
const key = (name: string) => `tokenizer.ggml.${name}`;

describe.each(Object.keys(cases))("the tokenizer of GGUF's metadata, %s", (name) => {
  const tokenizer = build(metadataOf(name));

  it.each(cases[name]?.texts ?? [])(
    "gives the ids that Python's tokenizers give for $text",
    ({ text, ids, decoded }) => {
      expect(tokenizer.encode(text)).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(decoded);
    },
  );
});

describe("tokenizerFromGguf", () => {
  it("names the special tokens and the chat template", () => {
    const metadata = metadataOf("smollm", {
      [key("padding_token_id")]: 1n,
      "tokenizer.chat_template": "{{ messages }}",
    });
    const tokenizer = build(metadata);
    expect(tokenizer).toMatchObject({ bosId: 0, eosId: 1, padId: 1, chatTemplate: "{{ messages }}" });
    expect(tokenizer.decode(tokenizer.encode("a<|end|>"))).toBe("a");
  });

  it("adds special tokens by the flags of the file, which override the defaults", () => {
    const ends = build(metadataOf("smollm", { [key("add_bos_token")]: true, [key("add_eos_token")]: true }));
    expect([ends.prefixIds, ends.suffixIds]).toEqual([[0], [1]]);
    expect(ends.encodePair("a", "b").inputIds.filter((id) => id < 2)).toEqual([0, 1, 0, 1]);
    expect(build(metadataOf("llama-bpe", { [key("add_bos_token")]: false })).prefixIds).toEqual([]);
    expect(build(metadataOf("llama", { [key("bos_token_id")]: undefined })).prefixIds).toEqual([1]);
  });

  it("puts special tokens around BERT's texts once, and names them", () => {
    const { tokenizerConfig } = tokenizerFromGguf(metadataOf("bert"));
    expect(tokenizerConfig).toMatchObject({ cls_token: "[CLS]", sep_token: "[SEP]", mask_token: "[MASK]" });
    const { inputIds, tokenTypeIds } = build(metadataOf("bert")).encodePair("a", "b");
    expect(inputIds.filter((id) => id === 2 || id === 3)).toEqual([2, 3, 3]);
    expect([tokenTypeIds?.[0], tokenTypeIds?.at(-1)]).toEqual([0, 1]);
    const none = metadataOf("bert", { [key("tokens")]: ["a"], [key("unknown_token_id")]: undefined });
    for (const name of ["token_type", "cls_token_id", "seperator_token_id", "padding_token_id", "mask_token_id"])
      none.delete(key(name));
    expect(() => tokenizerFromGguf(none)).toThrow(/unknown_token_id: missing/);
  });

  it("never makes a normal token a special token", () => {
    const { tokenizerConfig } = tokenizerFromGguf(metadataOf("smollm", { [key("eos_token_id")]: 200 }));
    expect(tokenizerConfig).not.toHaveProperty("eos_token");
  });

  it.each([
    [
      { [key("model")]: "t5" },
      /tokenizer\.ggml\.model is "t5"; expected gpt2, llama, bert\n.*tokenizer\.json into the folder/,
    ],
    [{ [key("model")]: undefined }, /tokenizer\.ggml\.model is ""/],
    [{ [key("pre")]: "new-words" }, /tokenizer\.ggml\.pre is "new-words"; .*: gpt-2, .*\n.*tokenizer\.json into/],
    [{ [key("pre")]: undefined }, /tokenizer\.ggml\.pre is missing/],
    [{ [key("merges")]: undefined }, /tokenizer\.ggml\.merges: missing/],
    [{ [key("tokens")]: undefined }, /tokenizer\.ggml\.tokens: missing/],
  ])("refuses unknown and missing entries, and says what to do: %o", (changes, message) => {
    expect(() => tokenizerFromGguf(metadataOf("smollm", changes))).toThrow(message);
  });

  it("refuses SentencePiece without scores, and unsupported removal of spaces", () => {
    expect(() => tokenizerFromGguf(metadataOf("llama", { [key("scores")]: undefined }))).toThrow(/scores: missing/);
    const cleaning = metadataOf("llama", { [key("remove_extra_whitespaces")]: true });
    expect(() => tokenizerFromGguf(cleaning)).toThrow(/tokenizer\.ggml\.remove_extra_whitespaces: true is not/);
  });

  it("names everything that is broken at once", () => {
    const metadata = metadataOf("smollm", {
      [key("tokens")]: ["a", "b", "a"],
      [key("token_type")]: [1, 1],
      [key("scores")]: [0, Number.NaN, 0],
      [key("merges")]: ["a b", "ab"],
      [key("eos_token_id")]: 3,
      [key("bos_token_id")]: -1,
      [key("add_bos_token")]: 1,
      "tokenizer.chat_template": ["no text"],
    });
    const problems = [
      "tokenizer.ggml.token_type: 2 entries for 3 tokens",
      'tokenizer.ggml.scores[1]: got "NaN"',
      'tokenizer.ggml.merges[1]: got "ab"',
      "tokenizer.ggml.bos_token_id: expected the id of a token",
      "tokenizer.ggml.eos_token_id: expected the id of a token",
      "tokenizer.ggml.add_bos_token: expected true or false",
      "tokenizer.chat_template: expected a text of at most 1000000 characters",
      'tokenizer.ggml.tokens[2]: "a" is the token 0 already',
    ];
    expect(() => tokenizerFromGguf(metadata)).toThrow(expect.objectContaining({ code: "TOKENIZER_INVALID", problems }));
  });

  it("limits the work for a hostile file", () => {
    const huge = "x".repeat(1025);
    expect(() => tokenizerFromGguf(metadataOf("smollm", { [key("tokens")]: [huge] }))).toThrow(/tokens\[0\]: got "xxx/);
    const many = new Array(2 ** 21 + 1).fill("a b");
    expect(() => tokenizerFromGguf(metadataOf("smollm", { [key("merges")]: many }))).toThrow(/merges: 2097153 entries/);
    const template = { "tokenizer.chat_template": "x".repeat(1_000_001) };
    expect(() => tokenizerFromGguf(metadataOf("smollm", template))).toThrow(/chat_template: expected a text/);
    const long = Array.from({ length: 300 }, (_, id) => `${id}`.padEnd(1024, "x"));
    const pieces = { [key("tokens")]: long, [key("scores")]: long.map(() => 0), [key("token_type")]: undefined };
    expect(() => tokenizerFromGguf(metadataOf("llama", pieces))).toThrow(/too many long pieces/);
  });

  it("keeps tokens with the names of JavaScript's object properties", () => {
    const tokens = ["__proto__", "constructor", "a"];
    const types = { [key("token_type")]: [4, 4, 1], [key("eos_token_id")]: undefined, [key("merges")]: [] };
    const tokenizer = build(metadataOf("smollm", { [key("tokens")]: tokens, ...types }));
    expect(tokenizer.encode("a__proto__constructor")).toEqual([2, 0, 1]);
    expect(Object.prototype).not.toHaveProperty("2");
  });
});
