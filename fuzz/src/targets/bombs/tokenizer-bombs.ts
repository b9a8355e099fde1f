// Tokenizers and chat templates.

import { chatTemplate, TextTokenizer } from "@lowrank/data";
import type { Bomb } from "./bomb.ts";

const words = { type: "WordLevel", vocab: { "[UNK]": 0, a: 1, b: 2 }, unk_token: "[UNK]" };

/** A tokenizer with some parts of its own, put to work. */
function encode(parts: Readonly<Record<string, unknown>>, text = `${"a".repeat(40)}!`): void {
  const tokenizer = TextTokenizer.fromJson({ model: words, added_tokens: [], ...parts });
  tokenizer.decode(tokenizer.encode(text));
}

const evil = { Regex: "(a+)+$" };
const split = { type: "Split", pattern: evil, behavior: "Isolated", invert: false };
const doubling = { type: "Replace", pattern: { String: "a" }, content: "aa" };
const unigram = (unk_id: unknown) => ({
  type: "Unigram",
  vocab: [
    ["a", -1],
    ["b", -2],
  ],
  unk_id,
});

const render = (source: string) =>
  chatTemplate(source).render({ kind: "completion", prompt: "Hi", completion: "Hello" });

export const tokenizerBombs: readonly Bomb[] = [
  { name: "a Split that backtracks", explode: () => encode({ pre_tokenizer: split }) },
  {
    name: "a normalizer that backtracks",
    explode: () => encode({ normalizer: { type: "Replace", pattern: evil, content: "b" } }),
  },
  {
    name: "a decoder that backtracks",
    explode: () => encode({ decoder: { type: "Replace", pattern: evil, content: "b" } }),
  },
  {
    name: "40 normalizers that double a text",
    expected: "TOKENIZATION_FAILED",
    explode: () => encode({ normalizer: { type: "Sequence", normalizers: Array(40).fill(doubling) } }),
  },
  {
    name: "a normalizer that puts a book between any two letters",
    expected: "TOKENIZER_INVALID",
    explode: () => {
      const content = "a".repeat(1_000_000);
      encode({ normalizer: { type: "Replace", pattern: { Regex: "a" }, content } }, "a".repeat(100_000));
    },
  },
  {
    name: "a TemplateProcessing of no objects",
    expected: "TOKENIZER_INVALID",
    explode: () =>
      encode({ post_processor: { type: "TemplateProcessing", single: [1, null], pair: "x", special_tokens: [] } }),
  },
  ...["x", 0.5, -1, 2].map((unk_id) => ({
    name: `the unk_id ${unk_id} of a Unigram`,
    expected: "TOKENIZER_INVALID",
    explode: () => encode({ model: unigram(unk_id) }, "z"),
  })),
  {
    name: "a range of a billion",
    expected: "TemplateLimitError",
    explode: () => render("{% for i in range(1000000000) %}x{% endfor %}"),
  },
  {
    name: "three loops in one another",
    expected: "TemplateLimitError",
    explode: () => {
      const loop = (name: string) => `{% for ${name} in range(10000) %}`;
      return render(`${loop("a")}${loop("b")}${loop("c")}x${"{% endfor %}".repeat(3)}`);
    },
  },
  {
    name: "a macro that calls itself",
    expected: "TemplateLimitError",
    explode: () => render("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"),
  },
  {
    name: "a join of a range",
    expected: "TemplateLimitError",
    explode: () => render("{{ range(50000000) | join('xxxx') }}"),
  },
  {
    name: "a text that doubles itself",
    expected: "TemplateLimitError",
    explode: () => {
      const twice = "{% set n.a = n.a ~ n.a %}";
      return render(`{% set n = namespace(a='aaaaaaaa') %}${twice.repeat(60)}{{ n.a }}`);
    },
  },
];
