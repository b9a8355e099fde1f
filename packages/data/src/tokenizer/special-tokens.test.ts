import { describe, expect, it } from "vitest";

import { promptTemplate } from "../templates/prompt-templates.ts";
import { tokenizeExample } from "../tokenizing/tokenize-example.ts";
import { extendTokenizer } from "./extend-tokenizer.ts";
import { openTokenizer } from "./open-tokenizer.ts";

const json = JSON.stringify({
  model: { type: "WordLevel", vocab: { "[UNK]": 0, two: 1, four: 2 }, unk_token: "[UNK]" },
  added_tokens: [
    { id: 3, content: "<pad>", special: true },
    { id: 4, content: "<|endoftext|>", special: true },
  ],
  pre_tokenizer: { type: "Whitespace" },
});

function folder(others: Readonly<Record<string, object | string>>) {
  const texts = new Map<string, string>([["tokenizer.json", json]]);
  for (const [name, value] of Object.entries(others)) {
    texts.set(name, typeof value === "string" ? value : JSON.stringify(value));
  }
  return {
    name: "gpt2",
    has: async (file: string) => texts.has(file),
    readText: async (file: string) => texts.get(file) ?? "",
  };
}

const config = { bos_token_id: 4, eos_token_id: [4, 1], pad_token_id: 3 };

describe("special tokens that tokenizer_config.json does not name", () => {
  it("are config.json's, so that answers end like the base model's texts", async () => {
    // As openai-community/gpt2 has it.
    const files = folder({ "tokenizer_config.json": { model_max_length: 1024 }, "config.json": config });
    const tokenizer = await openTokenizer(files);
    expect([tokenizer.bosId, tokenizer.eosId, tokenizer.padId]).toEqual([4, 4, 3]);
    const example = { kind: "completion", prompt: "two", completion: " four" } as const;
    const { inputIds } = tokenizeExample(example, tokenizer, promptTemplate("plain"), { maxLength: 9 });
    expect(inputIds).toEqual([1, 2, 4]);
  });

  it("are special_tokens_map.json's, then config.json's", async () => {
    const map = { eos_token: { content: "<pad>" } };
    const tokenizer = await openTokenizer(folder({ "special_tokens_map.json": map, "config.json": config }));
    expect([tokenizer.eosId, tokenizer.bosId]).toEqual([3, 4]);
  });

  it("stay absent if it is null, or if the ids are not special tokens", async () => {
    const none = { bos_token: null, eos_token: null };
    const files = folder({ "tokenizer_config.json": none, "config.json": { ...config, pad_token_id: -1 } });
    const tokenizer = await openTokenizer(files);
    expect([tokenizer.bosId, tokenizer.eosId, tokenizer.padId]).toEqual([undefined, undefined, 0]);
  });

  it("are never normal tokens, which transformers would match in every text", async () => {
    const tokenizer = await openTokenizer(folder({ "config.json": { bos_token_id: 1, eos_token_id: 2 } }));
    expect([tokenizer.bosId, tokenizer.eosId]).toEqual([undefined, undefined]);
  });

  it("are stored with added tokens, because an adapter has no config.json", async () => {
    const { files } = await extendTokenizer(folder({ "config.json": config }), ["<fact>"]);
    const written = JSON.parse(files.get("tokenizer_config.json") ?? "");
    expect(written).toMatchObject({ bos_token: "<|endoftext|>", eos_token: "<|endoftext|>", pad_token: "<pad>" });
    expect(files.has("config.json")).toBe(false);
  });

  it("are not guessed from a file that is not JSON", async () => {
    const opening = openTokenizer(folder({ "config.json": "{" }));
    await expect(opening).rejects.toMatchObject({ code: "TOKENIZER_INVALID" });
    await expect(opening).rejects.toThrow("config.json is not JSON");
  });
});
