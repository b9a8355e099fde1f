import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { TextTokenizer } from "./text-tokenizer.ts";

interface Expected {
  readonly texts: readonly { text: string; ids: number[]; special: number[]; decoded: string }[];
  readonly pairs: readonly { pair: [string, string]; ids: number[]; types: number[] }[];
}

function fixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../fixtures/${name}.json`, import.meta.url), "utf8"));
}

const configs = new Map<string, Readonly<Record<string, unknown>>>([
  ["byte-level", { eos_token: "<|end|>" }],
  ["word-piece", { pad_token: { content: "[PAD]" }, clean_up_tokenization_spaces: false }],
  ["llama-like", { bos_token: "<s>", eos_token: "</s>" }],
  ["unigram", { eos_token: "</s>" }],
  ["word-level", {}],
]);

describe.each([...configs])("the %s tokenizer", (name, config) => {
  const tokenizer = TextTokenizer.fromJson(fixture(name), config);
  const expected = fixture(`${name}.expected`) as Expected;

  it.each(expected.texts)(
    "gives the ids that Python's tokenizers give for $text",
    ({ text, ids, special, decoded }) => {
      expect(tokenizer.encode(text, { addSpecialTokens: false })).toEqual(ids);
      expect(tokenizer.encode(text)).toEqual(special);
      expect(tokenizer.decode(special)).toBe(decoded);
    },
  );

  it.each(expected.pairs)("encodes the pair $pair with both texts and their segments", ({ pair, ids, types }) => {
    const encoded = tokenizer.encodePair(...pair);
    expect(encoded.inputIds).toEqual(ids);
    expect(encoded.tokenTypeIds).toEqual(types);
  });
});

describe("a tokenizer", () => {
  const llama = TextTokenizer.fromJson(fixture("llama-like"), configs.get("llama-like"));
  const wordPiece = TextTokenizer.fromJson(fixture("word-piece"), configs.get("word-piece"));

  it("has its special tokens and those that it adds to a text", () => {
    expect([llama.bosId, llama.eosId, llama.padId]).toEqual([1, 2, 2]);
    expect([llama.prefixIds, llama.suffixIds]).toEqual([[1], []]);
    expect([wordPiece.prefixIds, wordPiece.suffixIds, wordPiece.padId]).toEqual([[2], [3], 0]);
  });

  it("has the tokens that it adds to a text, also if the letter a has no id", () => {
    const special = ["<s>", "</s>"].map((content, index) => ({ id: 2 + index, content, special: true }));
    const specialToken = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
    const single = [specialToken("<s>"), { Sequence: { id: "A", type_id: 0 } }, specialToken("</s>")];
    const pair = [...single, { Sequence: { id: "B", type_id: 1 } }];
    const special_tokens = {
      "<s>": { id: "<s>", ids: [2], tokens: ["<s>"] },
      "</s>": { id: "</s>", ids: [3], tokens: ["</s>"] },
    };
    const tokenizer = TextTokenizer.fromJson({
      model: { type: "BPE", vocab: { x: 0, y: 1 }, merges: [] },
      added_tokens: special,
      post_processor: { type: "TemplateProcessing", single, pair, special_tokens },
    });
    expect(tokenizer.encode("a")).toEqual([2, 3]); // without this, the test would prove nothing
    expect([tokenizer.prefixIds, tokenizer.suffixIds]).toEqual([[2], [3]]);
    expect(tokenizer.encodePair("xay", "ax")).toEqual({ inputIds: [2, 0, 1, 3, 0], tokenTypeIds: [0, 0, 0, 0, 1] });
  });

  it("keeps spaces before punctuation when decoding", () => {
    const tokenizer = TextTokenizer.fromJson(fixture("byte-level"), {});
    expect(tokenizer.decode(tokenizer.encode("... --- !!!"))).toBe("... --- !!!");
  });

  it("has the unknown id for words that a WordLevel vocabulary lacks", () => {
    const model = { type: "WordLevel", vocab: { "[UNK]": 7, two: 1 }, unk_token: "[UNK]" };
    const tokenizer = TextTokenizer.fromJson({ model, pre_tokenizer: { type: "Whitespace" } });
    expect(tokenizer.encode("two or two")).toEqual([1, 7, 1]);
  });

  it("decodes no ids and unknown ids to nothing", () => {
    expect(llama.decode([])).toBe("");
    expect(llama.decode([999_999])).toBe("");
  });

  it("keeps or drops special tokens on request", () => {
    expect(llama.decode([1, 2], { skipSpecialTokens: false })).toContain("</s>");
    expect(llama.decode([1, 2])).toBe("");
  });

  it("reads a chat template given as text or as a list of named ones", () => {
    const of = (chat_template: unknown) =>
      TextTokenizer.fromJson(fixture("byte-level"), { chat_template }).chatTemplate;
    expect(of("{{ x }}")).toBe("{{ x }}");
    expect(
      of([
        { name: "tool_use", template: "t" },
        { name: "default", template: "d" },
      ]),
    ).toBe("d");
    expect(of(undefined)).toBeUndefined();
  });
});

describe("a hostile tokenizer.json", () => {
  const good = fixture("byte-level") as Record<string, unknown>;
  const model = good.model as Record<string, unknown>;
  const cases: readonly [string, unknown, string][] = [
    ["no object", [], "expected an object"],
    ["no model", { ...good, model: undefined }, "model: expected an object"],
    ["an id beyond all bounds", { ...good, model: { ...model, vocab: { a: 4e9 } } }, 'model.vocab["a"]'],
    ["a negative id", { ...good, model: { ...model, vocab: { a: -1 } } }, 'model.vocab["a"]'],
    ["merges that are no pairs", { ...good, model: { ...model, merges: [["a"]] } }, "model.merges[0]"],
    ["an added token with a huge id", { ...good, added_tokens: [{ id: 2 ** 31, content: "x" }] }, "added_tokens[0]"],
    ["an added token that is empty", { ...good, added_tokens: [{ id: 1, content: "" }] }, "added_tokens[0]"],
    ["a decoder of a wrong type", { ...good, decoder: 7 }, "decoder: expected"],
    ["an unknown pre-tokenizer", { ...good, pre_tokenizer: { type: "Nonsense" } }, "tokenizer.json"],
    [
      "a pattern of a million characters",
      { ...good, pre_tokenizer: { type: "Split", pattern: { Regex: "a".repeat(1e6) }, behavior: "Isolated" } },
      "pre_tokenizer.pattern.Regex",
    ],
  ];

  it.each(cases)("with %s is refused with a typed error", (_, json, where) => {
    expect(() => TextTokenizer.fromJson(json)).toThrow(expect.objectContaining({ code: "TOKENIZER_INVALID" }));
    expect(() => TextTokenizer.fromJson(json)).toThrow(where);
  });

  it("gets all problems at once", () => {
    const json = { ...good, added_tokens: 3, decoder: 7 };
    expect(() => TextTokenizer.fromJson(json)).toThrow(/added_tokens[\s\S]*decoder/);
  });

  it("cannot reach Object.prototype through a token called __proto__", () => {
    const json = JSON.parse('{"model":{"type":"WordLevel","vocab":{"__proto__":0,"a":1},"unk_token":"a"}}');
    const tokenizer = TextTokenizer.fromJson({ ...json, pre_tokenizer: { type: "Whitespace" } });
    expect(tokenizer.encode("__proto__ a")).toEqual([0, 1]);
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });
});
