import { describe, expect, it } from "vitest";

import { openTokenizer } from "./open-tokenizer.ts";

const json = JSON.stringify({
  model: { type: "WordLevel", vocab: { "[UNK]": 0, hello: 1, "</s>": 2 }, unk_token: "[UNK]" },
  added_tokens: [{ id: 2, content: "</s>", special: true }],
  normalizer: null,
  pre_tokenizer: { type: "Whitespace" },
  post_processor: null,
  decoder: null,
});

function files(contents: Readonly<Record<string, string>>) {
  return {
    name: "models/toy",
    has: async (file: string) => file in contents,
    readText: async (file: string) => contents[file] ?? "",
  };
}

describe("openTokenizer", () => {
  it("uses the special tokens from tokenizer_config.json", async () => {
    const tokenizer = await openTokenizer(
      files({ "tokenizer.json": json, "tokenizer_config.json": '{"eos_token": "</s>"}' }),
    );
    expect(tokenizer.eosId).toBe(2);
  });

  it("works without tokenizer_config.json", async () => {
    const tokenizer = await openTokenizer(files({ "tokenizer.json": json }));
    expect(tokenizer.encode("hello")).toEqual([1]);
  });

  it("prefers chat_template.jinja to the chat template of tokenizer_config.json", async () => {
    const folder = { "tokenizer.json": json, "chat_template.jinja": "{{ messages }}" };
    for (const others of [{}, { "tokenizer_config.json": '{"chat_template": "old"}' }])
      expect((await openTokenizer(files({ ...folder, ...others }))).chatTemplate).toBe("{{ messages }}");
  });

  it("names the folder that has no tokenizer.json", async () => {
    await expect(openTokenizer(files({}))).rejects.toThrow(/models\/toy has no tokenizer\.json/);
  });

  it("names a vocabulary's file if its class is unknown", async () => {
    await expect(openTokenizer(files({ "source.spm": "" }))).rejects.toThrow(/its source\.spm can be used only if/);
  });

  it("refuses a file that is nested a million levels deep", async () => {
    const deep = `{"model": ${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}}`;
    const files = { name: "here", has: async (file: string) => file === "tokenizer.json", readText: async () => deep };
    await expect(openTokenizer(files)).rejects.toThrow("tokenizer.json is nested more than 64 levels deep");
  });

  it("names the file that is not JSON", async () => {
    const opening = openTokenizer(files({ "tokenizer.json": "{" }));
    await expect(opening).rejects.toMatchObject({ code: "TOKENIZER_INVALID" });
    await expect(opening).rejects.toThrow(/tokenizer\.json is not JSON/);
  });
});
