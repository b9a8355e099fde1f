import { describe, expect, it } from "vitest";
import { openTokenizer } from "../tokenizer/open-tokenizer.ts";
import { readTokenizerFiles } from "../tokenizer/tokenizer-files.ts";
import { ggufTokenizerFiles } from "./gguf-tokenizer-files.ts";

const metadata = new Map<string, unknown>([
  ["tokenizer.ggml.model", "gpt2"],
  ["tokenizer.ggml.pre", "gpt-2"],
  ["tokenizer.ggml.tokens", ["h", "i", "hi", "</s>"]],
  ["tokenizer.ggml.token_type", [1, 1, 1, 3]],
  ["tokenizer.ggml.merges", ["h i"]],
  ["tokenizer.ggml.eos_token_id", 3],
  ["tokenizer.chat_template", "own"],
]);

/** A folder with these texts. */
function folder(texts: Readonly<Record<string, string>> = {}) {
  const files = new Map(Object.entries(texts));
  const readText = async (file: string) => files.get(file) ?? "";
  return { name: "models", has: async (file: string) => files.has(file), readText };
}

describe("ggufTokenizerFiles", () => {
  it("has the tokenizer's files, and ignores those of another model in the folder", async () => {
    const files = ggufTokenizerFiles(
      folder({ "config.json": "{", "special_tokens_map.json": "{" }),
      async () => metadata,
    );
    expect([...(await readTokenizerFiles(files, "all")).keys()]).toEqual(["tokenizer.json", "tokenizer_config.json"]);
    expect(await openTokenizer(files)).toMatchObject({ eosId: 3, chatTemplate: "own" });
  });

  it("prefers a chat_template.jinja in the folder", async () => {
    const files = ggufTokenizerFiles(folder({ "chat_template.jinja": "beside" }), async () => metadata);
    expect(await openTokenizer(files)).toMatchObject({ eosId: 3, chatTemplate: "beside" });
  });

  it("does not read the GGUF file if there is a tokenizer.json", async () => {
    const json = { model: { type: "WordLevel", vocab: { a: 5 }, unk_token: "a" }, added_tokens: [] };
    const folderFiles = folder({
      "tokenizer.json": JSON.stringify(json),
      "tokenizer_config.json": '{"eos_token": "a"}',
    });
    const files = ggufTokenizerFiles(folderFiles, () => Promise.reject(new Error("looked into the file")));
    expect((await openTokenizer(files)).eosId).toBe(5);
  });

  it("has no tokenizer if the GGUF file has none, and reads it once", async () => {
    let reads = 0;
    const files = ggufTokenizerFiles(folder(), async () => {
      reads += 1;
      return new Map();
    });
    expect([await files.has("tokenizer.json"), await files.has("tokenizer_config.json"), reads]).toEqual([
      false,
      false,
      1,
    ]);
  });
});
