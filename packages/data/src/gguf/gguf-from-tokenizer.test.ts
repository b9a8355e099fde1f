import { describe, expect, it } from "vitest";
import type { PromptTemplate } from "../templates/prompt-template.ts";
import { promptTemplate } from "../templates/prompt-templates.ts";
import { openTokenizer } from "../tokenizer/open-tokenizer.ts";
import { ggufFromTokenizer } from "./gguf-from-tokenizer.ts";
import { tokenizerFromGguf } from "./tokenizer-from-gguf.ts";

const kindsOf = (count: number) => Array.from({ length: count }, (_, id) => (id === 0 ? 3 : 1));
const letters = ["<s>", "h", "i", "Ġ", "hi", "Ġhi", "'", "s", "'s"];
const byteLevel = (pre: string): ReadonlyMap<string, unknown> =>
  new Map<string, unknown>([
    ["tokenizer.ggml.model", "gpt2"],
    ["tokenizer.ggml.pre", pre],
    ["tokenizer.ggml.tokens", letters],
    ["tokenizer.ggml.token_type", kindsOf(letters.length)],
    ["tokenizer.ggml.merges", ["h i", "Ġ hi", "' s"]],
    ["tokenizer.ggml.add_space_prefix", false],
    ["tokenizer.ggml.bos_token_id", 0],
    ["tokenizer.ggml.add_bos_token", true],
    ["tokenizer.ggml.add_eos_token", false],
    ["tokenizer.chat_template", "{{ bos_token }}{{ messages }}"],
  ]);
const pieces = ["<unk>", "<s>", "</s>", "<0x41>", "▁", "h", "i", "hi", "▁hi"];
const sentencePiece = new Map<string, unknown>([
  ["tokenizer.ggml.model", "llama"],
  ["tokenizer.ggml.pre", "default"],
  ["tokenizer.ggml.tokens", pieces],
  ["tokenizer.ggml.token_type", [2, 3, 3, 6, 1, 1, 1, 1, 1]],
  // Pieces that no merge makes have the lowest score.
  ["tokenizer.ggml.scores", [-3, -3, -3, -3, -3, -3, -3, -1, -2]],
  ["tokenizer.ggml.add_space_prefix", true],
  ["tokenizer.ggml.bos_token_id", 1],
  ["tokenizer.ggml.eos_token_id", 2],
  ["tokenizer.ggml.unknown_token_id", 0],
  ["tokenizer.ggml.add_bos_token", true],
  ["tokenizer.ggml.add_eos_token", false],
]);

const wordPiece = new Map<string, unknown>([
  ["tokenizer.ggml.model", "bert"],
  ["tokenizer.ggml.normalizer.lowercase", false],
  ["tokenizer.ggml.normalizer.strip_accents", false],
  ["tokenizer.ggml.tokens", ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused0]", "▁Hi", "s", "▁'"]],
  ["tokenizer.ggml.token_type", [3, 3, 3, 3, 3, 1, 1, 1, 1]],
  ["tokenizer.ggml.bos_token_id", 2],
  ["tokenizer.ggml.unknown_token_id", 1],
  ["tokenizer.ggml.padding_token_id", 0],
  ["tokenizer.ggml.cls_token_id", 2],
  ["tokenizer.ggml.seperator_token_id", 3],
  ["tokenizer.ggml.mask_token_id", 4],
  ["tokenizer.ggml.add_bos_token", true],
  ["tokenizer.ggml.add_sep_token", true],
]);

/** The folder of a tokenizer that was made from GGUF metadata. */
function folderOf(
  metadata: ReadonlyMap<string, unknown>,
  change: (json: Record<string, unknown>) => object = (json) => json,
) {
  const { tokenizerJson, tokenizerConfig } = tokenizerFromGguf(metadata);
  const files = new Map([
    ["tokenizer.json", JSON.stringify(change({ ...tokenizerJson }))],
    ["tokenizer_config.json", JSON.stringify(tokenizerConfig)],
  ]);
  return {
    name: "model",
    has: async (file: string) => files.has(file),
    readText: async (file: string) => files.get(file) ?? "",
  };
}

describe("ggufFromTokenizer", () => {
  it.each([
    ["gpt-2", byteLevel("gpt-2")],
    ["smollm", byteLevel("smollm")],
    ["llama-bpe", byteLevel("llama-bpe")],
    ["dbrx", byteLevel("dbrx")],
    ["qwen2", byteLevel("qwen2")],
    ["tekken", byteLevel("tekken")],
    ["falcon", byteLevel("falcon")],
    ["bloom", byteLevel("bloom")],
    ["llama", sentencePiece],
    ["bert", wordPiece],
  ])("restores the metadata that a tokenizer was made from: %s", async (_, metadata) => {
    const entries = await ggufFromTokenizer(folderOf(metadata), 9);
    expect(new Map([...entries].map(([key, { value }]) => [key, value] as const).sort())).toEqual(
      new Map<string, unknown>([...metadata, ["general.name", "model"] as const].sort()),
    );
  });

  it("makes tokens for rows of the model without one", async () => {
    const entries = await ggufFromTokenizer(folderOf(byteLevel("gpt-2")), 11);
    expect(entries.get("tokenizer.ggml.tokens")?.value).toEqual([...letters, "[PAD9]", "[PAD10]"]);
    await expect(ggufFromTokenizer(folderOf(byteLevel("gpt-2")), 5)).rejects.toThrow(
      /has the id 5; the model has 5 rows/,
    );
  });

  it("recognizes Llama 3's pattern in the spelling of its own files", async () => {
    const folded = (json: Record<string, unknown>) =>
      JSON.parse(
        JSON.stringify(json).replace(
          "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])",
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)",
        ),
      );
    const entries = await ggufFromTokenizer(folderOf(byteLevel("llama-bpe"), folded), 9);
    expect(entries.get("tokenizer.ggml.pre")?.value).toBe("llama-bpe");
  });

  it("keeps the special tokens around RoBERTa's texts, also if texts and answers end differently", async () => {
    const withProcessor = (sep: string) => (json: Record<string, unknown>) => {
      return { ...json, post_processor: { type: "RobertaProcessing", sep: [sep, 1], cls: ["<s>", 0] } };
    };
    const types = [3, 3, ...kindsOf(letters.length).slice(2)];
    const metadata = new Map<string, unknown>([
      ...byteLevel("gpt-2"),
      ["tokenizer.ggml.token_type", types],
      ["tokenizer.ggml.eos_token_id", 1],
    ]);
    const entries = await ggufFromTokenizer(folderOf(metadata, withProcessor("h")), 9);
    const flags = ["bos", "eos"].map((mark) => entries.get(`tokenizer.ggml.add_${mark}_token`)?.value);
    expect(flags).toEqual([true, true]);
    const others = await ggufFromTokenizer(folderOf(metadata, withProcessor("s")), 9);
    const ends = ["eos", "eot"].map((mark) => others.get(`tokenizer.ggml.${mark}_token_id`)?.value);
    expect(ends).toEqual([letters.indexOf("s"), 1]);
  });

  it("refuses tokenizers that llama.cpp would split differently", async () => {
    const lower = (json: Record<string, unknown>) => ({ ...json, normalizer: { type: "Lowercase" } });
    await expect(ggufFromTokenizer(folderOf(byteLevel("gpt-2"), lower), 9)).rejects.toThrow(/Lowercase/);
    const words = (json: Record<string, unknown>) => ({ ...json, pre_tokenizer: { type: "Whitespace" } });
    await expect(ggufFromTokenizer(folderOf(byteLevel("gpt-2"), words), 9)).rejects.toThrow(
      /llama\.cpp has no name for its pre_tokenizer/,
    );
    const withoutProcessor = (json: Record<string, unknown>) => ({ ...json, post_processor: null });
    await expect(ggufFromTokenizer(folderOf(wordPiece, withoutProcessor), 9)).rejects.toThrow(
      /it does not put a text between cls_token and sep_token/,
    );
    const uncleaned = (json: Record<string, unknown>) => ({ ...json, normalizer: { type: "Lowercase" } });
    await expect(ggufFromTokenizer(folderOf(wordPiece, uncleaned), 9)).rejects.toThrow(
      /its BertNormalizer or BertPreTokenizer differs from BERT's/,
    );
    expect((await openTokenizer(folderOf(byteLevel("gpt-2")))).encode("hi's")).toEqual([0, 4, 8]);
    expect((await openTokenizer(folderOf(wordPiece))).encode("Hi' His")).toEqual([2, 6, 8, 6, 7, 3]);
  });

  describe("of a tokenizer that llama.cpp reads otherwise", () => {
    const write = async (
      metadata: ReadonlyMap<string, unknown>,
      change: (json: Record<string, unknown>) => object,
      options: { readonly name?: string; readonly template?: PromptTemplate } = {},
    ) => {
      const warnings: string[] = [];
      const onWarning = ({ message }: { readonly message: string }) => void warnings.push(message);
      const entries = await ggufFromTokenizer(folderOf(metadata, change), 99, { ...options, onWarning });
      return { warnings, value: (key: string) => entries.get(key)?.value };
    };
    const tokens = [
      "<unk>",
      "<s>",
      "</s>",
      "<|user|>",
      "<|end|>",
      "<|endoftext|>",
      "▁",
      "\n",
      ..."Helohwaryu,?Imfin.And3ds123Oetc",
    ];
    const distinct = [...new Set(tokens), "<0x41>"];
    const chat = (template: string) =>
      new Map<string, unknown>([
        ...sentencePiece,
        ["tokenizer.ggml.tokens", distinct],
        [
          "tokenizer.ggml.token_type",
          distinct.map((_, id) => (id === 0 ? 2 : id < 6 ? 3 : id < distinct.length - 1 ? 1 : 6)),
        ],
        ["tokenizer.ggml.scores", distinct.map(() => -1)],
        ["tokenizer.chat_template", template],
      ]);
    const withSpaces = (scheme: string) => (json: Record<string, unknown>) => {
      const pre_tokenizer = { type: "Metaspace", replacement: "▁", prepend_scheme: scheme, split: false };
      return { ...json, normalizer: null, pre_tokenizer };
    };
    const turns = (end: string) =>
      `{{ bos_token }}{% for m in messages %}<|user|>${end}{{ m.content }}<|end|>${end}{% endfor %}`;

    it("has the flag with which prompts keep their tokens, and says which texts do not", async () => {
      const prompts = await write(chat(turns("")), withSpaces("first"));
      expect(prompts.value("tokenizer.ggml.add_space_prefix")).toBe(false);
      expect(prompts.warnings).toEqual([expect.stringContaining("text that does not begin with a special token")]);
      const plain = await write(chat(turns("")), withSpaces("first"), { template: promptTemplate("plain") });
      expect(plain.value("tokenizer.ggml.add_space_prefix")).toBe(true);
      expect(plain.warnings).toEqual([expect.stringContaining("text directly after a special token")]);
      expect((await write(chat(turns("")), withSpaces("never"))).warnings).toEqual([]);
      await expect(write(chat(turns("{% if loop.first %} {% endif %}")), withSpaces("always"))).rejects.toThrow(
        /no setting of a GGUF file keeps the tokens of the prompt "<s><\|user\|>/,
      );
    });

    it("has Phi 3's name if it needs its rule, and no such name otherwise", async () => {
      const stripped = (json: Record<string, unknown>) => {
        const added = json.added_tokens as readonly { readonly id: number }[];
        return {
          ...json,
          added_tokens: added.map((token) => ({ ...token, rstrip: token.id === 3 || token.id === 4 })),
        };
      };
      const name = async (folder: string, change: (json: Record<string, unknown>) => object) =>
        (await write(chat(turns("\n")), change, { name: folder })).value("general.name");
      expect(await name("Phi-3.5-mini", stripped)).toBe("Phi-3.5-mini");
      expect(await name("base", stripped)).toBe("base (Phi-3)");
      expect(await name("data-for-phi3", (json) => json)).toBe("data-for-Phi 3");
      const others = new Map([
        ...chat(turns("\n")),
        ["tokenizer.ggml.tokens", distinct.map((text) => text.replace("endof", ""))],
      ]);
      await expect(write(others, stripped)).rejects.toThrow(/keeps the tokens of the prompt/);
    });

    it("warns of decomposed letters without NFC, and of Hangul without vowels", async () => {
      const flags = ["lowercase", "strip_accents"].map((flag) => [`tokenizer.ggml.normalizer.${flag}`, true] as const);
      const folded = new Map<string, unknown>([...wordPiece, ...flags]);
      expect((await write(wordPiece, (json) => json)).warnings).toEqual([]);
      const jamo = (json: Record<string, unknown>) => {
        const { model } = json as { readonly model: { readonly vocab: object } };
        const letters = [..."\u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165"];
        const vocab = {
          ...model.vocab,
          ...Object.fromEntries(
            letters.flatMap((each, id) => [
              [each, 20 + id],
              [`##${each}`, 40 + id],
            ]),
          ),
        };
        return { ...json, model: { ...model, vocab } };
      };
      const hangul = await write(folded, jamo);
      expect(hangul.warnings).toEqual([expect.stringContaining("Hangul")]);
      const composed = new Map([
        ...byteLevel("qwen2"),
        ["tokenizer.ggml.tokens", [...letters, ..."caÃ©eÌģ"]],
        ["tokenizer.ggml.token_type", kindsOf(letters.length + 7)],
      ] as const);
      expect((await write(composed, (json) => json)).warnings).toEqual([expect.stringContaining("NFD")]);
    });
  });
});
