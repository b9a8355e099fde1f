import { describe, expect, it } from "vitest";

import { TextTokenizer } from "../tokenizer/text-tokenizer.ts";
import { checkTokenizerJson } from "./check-tokenizer-json.ts";

const model = { type: "WordLevel", vocab: { "[UNK]": 0, a: 1, "[CLS]": 2 }, unk_token: "[UNK]" };
const good = { model, added_tokens: [{ id: 3, content: "[SEP]", special: true }] };
const specialToken = (id: unknown) => ({ SpecialToken: { id, type_id: 0 } });
const text = (id: unknown) => ({ Sequence: { id, type_id: 0 } });
const special_tokens = {
  "[CLS]": { id: "[CLS]", ids: [2], tokens: ["[CLS]"] },
  "[SEP]": { id: "[SEP]", ids: [3], tokens: ["[SEP]"] },
  "[NO]": { id: "[NO]", ids: [7], tokens: ["[NO]"] },
};
const template = (single: unknown, pair: unknown = [text("A"), text("B")]) => ({
  post_processor: { type: "TemplateProcessing", single, pair, special_tokens },
});
const within = (depth: number): unknown =>
  depth === 0 ? { type: "NFC" } : { type: "Sequence", normalizers: [within(depth - 1)] };
const split = (rest: object) => ({
  pre_tokenizer: { type: "Split", pattern: { String: "a" }, behavior: "Isolated", ...rest },
});

describe("a tokenizer.json", () => {
  it("with special tokens that it has is accepted", () => {
    const json = { ...good, ...template([specialToken("[CLS]"), text("A"), specialToken("[SEP]")]) };
    expect(TextTokenizer.fromJson(json).encode("a")).toEqual([2, 1, 3]);
  });

  it("with a special token and an invalid piece is refused for the piece", () => {
    const json = { model: { type: "Unigram", vocab: [["[CLS]", 0], null] }, ...template([specialToken("[CLS]")]) };
    expect(() => TextTokenizer.fromJson(json)).toThrow(expect.objectContaining({ code: "TOKENIZER_INVALID" }));
    expect(() => TextTokenizer.fromJson(json)).toThrow("model.vocab[1]: expected a piece");
  });

  it.each([
    ["a template that is none", template(null), "post_processor.single: expected a list"],
    ["a template of numbers", template([7]), 'post_processor.single[0]: expected {"SpecialToken" or "Sequence"'],
    ["a mark without a text", template([specialToken(7)]), "post_processor.single[0]"],
    [
      "a mark of no ids",
      template([specialToken("[X]")]),
      'post_processor.single[0]: expected "[X]" among special_tokens',
    ],
    [
      "a mark of no vocabulary",
      template([specialToken("[NO]")]),
      "post_processor.single[0]: expected a token of the vocab",
    ],
    ["a third text", template([text("C")]), "post_processor.single[0]: expected the text A or B"],
    ["a text written twice", template([text("A"), text("A")]), "post_processor.single: expected the text A at most 1"],
    ["a second text where one is given", template([text("B")]), "post_processor.single: expected the text B at most 0"],
    [
      "a very long template",
      template(Array(1000).fill(text("A"))),
      "post_processor.single: expected a list of at most 64",
    ],
    [
      "marks around that are none",
      { post_processor: { type: "BertProcessing", sep: 1, cls: [] } },
      "post_processor.sep",
    ],
    [
      "nothing among the decoders of a sequence",
      { decoder: { type: "Sequence", decoders: [{ type: "Fuse" }, null] } },
      "decoder.decoders[1]: expected an object with a type, got null",
    ],
    ["normalizers within normalizers", { normalizer: within(20) }, "nested more than 16 deep"],
    [
      "very many normalizers",
      { normalizer: { type: "Sequence", normalizers: Array(600).fill({ type: "NFC" }) } },
      "512",
    ],
    ["normalizers that are no list", { normalizer: { type: "Sequence", normalizers: 3 } }, "normalizer.normalizers"],
    ["a normalizer that is none", { normalizer: { type: "Sequence", normalizers: [3] } }, "normalizer.normalizers[0]"],
    ["a replacement by nothing", { normalizer: { type: "Replace", pattern: { String: "a" } } }, "normalizer.content"],
    ["a replacement of nothing", { normalizer: { type: "Replace", content: "" } }, "normalizer.pattern"],
    ["a prefix that is no text", { normalizer: { type: "Prepend", prepend: 7 } }, "normalizer.prepend"],
    ["a flag that is none", { normalizer: { type: "BertNormalizer", lowercase: "no" } }, "normalizer.lowercase"],
    ["pieces of no length", { pre_tokenizer: { type: "FixedLength", length: 0 } }, "pre_tokenizer.length"],
    [
      "a long mark for spaces",
      { pre_tokenizer: { type: "Metaspace", str_rep: "_".repeat(99) } },
      "pre_tokenizer.str_rep",
    ],
    ["a behaviour that there is not", split({ behavior: "Kept" }), "pre_tokenizer.behavior: expected one of Removed"],
    [
      "a pattern of two kinds",
      split({ pattern: { String: "a", Regex: "b" } }),
      "pre_tokenizer.pattern: expected a text",
    ],
    ["a decoder's count that is none", { decoder: { type: "Strip", content: " ", start: -1 } }, "decoder.start"],
    [
      "words of a million characters",
      { model: { ...model, max_input_chars_per_word: 1e6 } },
      "from 1 to 200, got 1000000",
    ],
    ["a token of a megabyte", { model: { ...model, vocab: { ["a".repeat(1e6)]: 0 } } }, "at most 1024 characters"],
    ["an unknown token that is no text", { model: { ...model, unk_token: 0 } }, "model.unk_token: expected a text"],
    [
      "a score without end",
      { model: { type: "Unigram", vocab: [["a", Infinity]] } },
      "model.vocab[0]: expected a piece",
    ],
    ["no pieces", { model: { type: "Unigram", vocab: [] } }, "model.vocab: expected at least one piece"],
    [
      "merges of two forms",
      { model: { ...model, merges: ["a a", ["a", "a"]] } },
      "model.merges[1]: expected the same form",
    ],
    ["a very long added token", { added_tokens: [{ id: 5, content: "a".repeat(1e5) }] }, "added_tokens[0]"],
    [
      "an added token's flag that is none",
      { added_tokens: [{ id: 5, content: "x", special: 1 }] },
      "added_tokens[0].special",
    ],
  ])("with %s is refused by its place", (_, wrong, where) => {
    expect(() => checkTokenizerJson({ ...good, ...wrong })).toThrow(
      expect.objectContaining({ code: "TOKENIZER_INVALID" }),
    );
    expect(() => checkTokenizerJson({ ...good, ...wrong })).toThrow(where);
  });

  it("gets all problems of its parts at once, with at most twelve in the message", () => {
    const wrong = { ...template([specialToken(1)]), decoder: { type: "Replace" }, normalizer: { type: "Prepend" } };
    expect(() => checkTokenizerJson({ ...good, ...wrong })).toThrow(
      /normalizer\.[\s\S]*post_processor\.[\s\S]*decoder\./,
    );
    const many = { added_tokens: Array(100).fill({}) };
    expect(() => checkTokenizerJson({ ...good, ...many })).toThrow("… and 88 more");
  });
});
