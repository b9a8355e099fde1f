import { describe, expect, it } from "vitest";
import { TokenizationError } from "../errors.ts";
import { TextTokenizer } from "../tokenizer/text-tokenizer.ts";

const bpe = { type: "BPE", vocab: { a: 0, b: 1, " ": 2, "!": 3, aa: 4 }, merges: ["a a"], unk_token: "a" };
const split = (Regex: string) => ({ type: "Split", pattern: { Regex }, behavior: "Isolated" });
const replace = (Regex: string, content: string) => ({ type: "Replace", pattern: { Regex }, content });
const doubling = (times: number) => Array.from({ length: times }, () => replace("a", "aa"));
const normalizers = (list: readonly unknown[]) => ({ type: "Sequence", normalizers: list });
const added = (content: string, normalized: boolean) => ({ id: 9, content, normalized, special: false });
const long = `${"a".repeat(40)}!`;

describe("a pattern that backtracks", () => {
  it.each([
    ["a pre-tokenizer", { pre_tokenizer: split("(a+)+$") }],
    [
      "a pre-tokenizer whose matches are joined",
      { pre_tokenizer: { ...split("(a|a)+$"), behavior: "MergedWithNext" } },
    ],
    ["a normalizer", { normalizer: replace("(a|aa)+$", "b") }],
    ["a pre-tokenizer that replaces", { pre_tokenizer: replace("(a|aa)+$", "b") }],
  ])("in %s ends, and splits correctly", (_, parts) => {
    const tokenizer = TextTokenizer.fromJson({ model: bpe, ...parts });
    expect(tokenizer.encode(long)).toHaveLength(21);
  });

  it("in a decoder ends", () => {
    const tokenizer = TextTokenizer.fromJson({
      model: { ...bpe, vocab: { ...bpe.vocab, [long]: 5 } },
      decoder: { type: "Sequence", decoders: [replace("(a+)+$", "b"), { type: "Fuse" }] },
    });
    expect(tokenizer.decode([5, 0])).toBe(`${long}b`);
  });

  it("in a normalizer of added tokens is refused, as they are normalized before it can be replaced", () => {
    const json = { model: bpe, normalizer: replace("(a+)+$", "b"), added_tokens: [added(long, true)] };
    expect(() => TextTokenizer.fromJson(json)).toThrow(expect.objectContaining({ code: "TOKENIZER_INVALID" }));
    expect(() => TextTokenizer.fromJson(json)).toThrow(
      "normalizer[0].pattern: expected a text or a repeated character",
    );
  });

  it.each(["(a)\\1", "(?<=a+)b", "(?:a*)*"])("and cannot be bounded is refused with its path: %s", (regex) => {
    const json = { model: bpe, pre_tokenizer: { type: "Sequence", pretokenizers: [split("b"), split(regex)] } };
    expect(() => TextTokenizer.fromJson(json)).toThrow(expect.objectContaining({ code: "TOKENIZER_INVALID" }));
    expect(() => TextTokenizer.fromJson(json)).toThrow("pre_tokenizer[1].pattern:");
  });
});

describe("text that grows", () => {
  it.each([
    ["doubles it thirty times", normalizers(doubling(30))],
    ["writes much for each letter", normalizers([replace("a", "b".repeat(1000)), replace("b", "a".repeat(1000))])],
    [
      "puts much before it",
      normalizers(Array.from({ length: 100 }, () => ({ type: "Prepend", prepend: "b".repeat(1000) }))),
    ],
  ])("when a normalizer %s is refused", (_, normalizer) => {
    const tokenizer = TextTokenizer.fromJson({ model: bpe, normalizer });
    expect(() => tokenizer.encode("a".repeat(100))).toThrow(TokenizationError);
    expect(tokenizer.encode("")).toEqual([]);
  });

  it("is refused when an added token is normalized", () => {
    const json = { model: bpe, normalizer: normalizers(doubling(30)), added_tokens: [added("<a>", true)] };
    expect(() => TextTokenizer.fromJson(json)).toThrow(expect.objectContaining({ code: "TOKENIZER_INVALID" }));
    const tokenizer = TextTokenizer.fromJson({ ...json, added_tokens: [added("<a>", false)] });
    expect(tokenizer.encode("<a>")).toEqual([9]);
  });

  it("is refused when a decoder doubles it", () => {
    const tokenizer = TextTokenizer.fromJson({ model: bpe, decoder: { type: "Sequence", decoders: doubling(30) } });
    expect(() => tokenizer.decode([0])).toThrow(TokenizationError);
  });

  const byteLevel = { type: "ByteLevel", add_prefix_space: true, use_regex: false };
  const singly = { type: "FixedLength", length: 1 };
  it.each([
    ["writes bytes of bytes", [byteLevel]],
    ["puts a letter before each letter", [{ type: "Metaspace", replacement: "▁", str_rep: "b" }, singly]],
    ["replaces", [replace("a", "aa")]],
  ])("is refused when a pre-tokenizer %s sixteen times", (_, parts) => {
    const pretokenizers = Array.from({ length: 16 }, () => parts).flat();
    const tokenizer = TextTokenizer.fromJson({ model: bpe, pre_tokenizer: { type: "Sequence", pretokenizers } });
    expect(() => tokenizer.encode("aé")).toThrow(TokenizationError);
    expect(() => tokenizer.encodeQuestion("", "aé")).toThrow(TokenizationError);
    expect(tokenizer.decode([0])).toBe("a");
  });

  it("is refused when the normalizer and the pre-tokenizer together make too much of it", () => {
    const tokenizer = (times: number) =>
      TextTokenizer.fromJson({
        model: bpe,
        normalizer: normalizers(doubling(12)),
        pre_tokenizer: { type: "Sequence", pretokenizers: doubling(times) },
      });
    expect(tokenizer(1).encode("a")).toHaveLength(2 ** 12);
    expect(() => tokenizer(2).encode("a")).toThrow(TokenizationError);
  });

  it.each(["BPEDecoder", "CTC"])("is refused when a %s without a mark for spaces puts them between letters", (type) => {
    const decoders = Array.from({ length: 16 }, () => ({ type, cleanup: true }));
    const tokenizer = TextTokenizer.fromJson({ model: bpe, decoder: { type: "Sequence", decoders } });
    expect(() => tokenizer.decode([0, 1, 0])).toThrow(TokenizationError);
    expect(tokenizer.encode("ab")).toEqual([0, 1]);
  });

  it("differs from groups of a pattern, which Rust removes with the rest of the match", () => {
    const pre_tokenizer = { ...split("((b))"), behavior: "Removed" };
    expect(TextTokenizer.fromJson({ model: bpe, pre_tokenizer }).encode("aba")).toEqual([0, 0]);
  });

  it("differs from a replacement with a dollar sign, which Rust writes unchanged", () => {
    const tokenizer = TextTokenizer.fromJson({
      model: { ...bpe, vocab: { ...bpe.vocab, $: 5, "`": 6 } },
      normalizer: replace("b", "$`"),
      decoder: { type: "Sequence", decoders: [replace("a", "$&"), { type: "Fuse" }] },
    });
    expect(tokenizer.encode("ab")).toEqual([0, 5, 6]);
    expect(tokenizer.decode([0, 1])).toBe("$&b");
  });
});

describe("a Unigram model", () => {
  const vocab = [
    ["<unk>", 0],
    ["a", -1],
    ["b", -2],
    ["ab", -1],
  ];
  const model = (unk_id: unknown) => ({ model: { type: "Unigram", vocab, unk_id } });

  it.each([0.5, "x", -1, 4, true, {}, []])("with %j for the unknown piece's id is refused", (id) => {
    expect(() => TextTokenizer.fromJson(model(id))).toThrow(expect.objectContaining({ code: "TOKENIZER_INVALID" }));
    expect(() => TextTokenizer.fromJson(model(id))).toThrow(
      "model.unk_id: expected null or a whole number from 0 to 3",
    );
  });

  it.each([null, undefined])("with %j for it refuses a text without a piece", (id) => {
    const tokenizer = TextTokenizer.fromJson(model(id));
    expect(tokenizer.encode("abb")).toEqual([3, 2]);
    expect(() => tokenizer.encode("abc")).toThrow(TokenizationError);
    expect(() => tokenizer.encode("abc")).toThrow('no piece for "c"');
  });

  it("splits a text into more pieces than a function can have arguments", () => {
    expect(TextTokenizer.fromJson(model(0)).encode("a".repeat(200_000))).toHaveLength(200_000);
  });

  // With 128 that start and 128 that end at each place, some three thousand characters take a second.
  it.each([10_000, 1_000_000])("refuses a text with very many candidates, of %d characters", (length) => {
    const nested = Array.from({ length: 128 }, (_, index) => ["a".repeat(index + 1), -index]);
    const tokenizer = TextTokenizer.fromJson({ model: { type: "Unigram", vocab: nested, unk_id: 0 } });
    expect(() => tokenizer.encode("a".repeat(length))).toThrow(/candidates/);
  });
});
