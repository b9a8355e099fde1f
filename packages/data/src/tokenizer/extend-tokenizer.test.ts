import { describe, expect, it } from "vitest";

import { extendTokenizer } from "./extend-tokenizer.ts";
import { openTokenizer } from "./open-tokenizer.ts";

const json = {
  model: { type: "WordLevel", vocab: { "[UNK]": 0, hello: 1, "</s>": 2 }, unk_token: "[UNK]" },
  added_tokens: [{ id: 2, content: "</s>", special: true }],
  normalizer: { type: "Lowercase" },
  pre_tokenizer: { type: "Whitespace" },
  post_processor: null,
  decoder: null,
};

function files(contents: ReadonlyMap<string, string>) {
  return {
    name: "models/toy",
    has: async (file: string) => contents.has(file),
    readText: async (file: string) => contents.get(file) ?? "",
  };
}

const folder = (more: Readonly<Record<string, unknown>> = {}) =>
  files(
    new Map(Object.entries({ "tokenizer.json": json, ...more }).map(([name, file]) => [name, JSON.stringify(file)])),
  );

describe("extendTokenizer", () => {
  it("writes files from which an equal tokenizer opens", async () => {
    const { tokenizer, files: written } = await extendTokenizer(
      folder({ "tokenizer_config.json": { eos_token: "</s>" } }),
      ["<Fact>"],
    );
    const again = await openTokenizer(files(written));
    for (const one of [tokenizer, again]) {
      expect(one.encode("hello <fact>hello")).toEqual([1, 3, 1]);
      expect(one.eosId).toBe(2);
    }
  });

  it("keeps the other files of the tokenizer, and no more", async () => {
    const others = { "special_tokens_map.json": { eos_token: "</s>" }, "config.json": { model_type: "gpt2" } };
    const { files: written } = await extendTokenizer(folder(others), ["<new>"]);
    expect([...written.keys()].sort()).toEqual(["special_tokens_map.json", "tokenizer.json", "tokenizer_config.json"]);
  });

  it("adds a class, without which transformers 4 needs a config.json, but keeps the model's own", async () => {
    const classOf = async (config: Readonly<Record<string, unknown>>) => {
      const { files: written } = await extendTokenizer(folder({ "tokenizer_config.json": config }), ["<new>"]);
      return JSON.parse(written.get("tokenizer_config.json") ?? "").tokenizer_class;
    };
    expect(await classOf({})).toBe("PreTrainedTokenizerFast");
    expect(await classOf({ tokenizer_class: "GPT2Tokenizer" })).toBe("GPT2Tokenizer");
  });

  it("adds to transformers 4's second list of added tokens if there is one", async () => {
    const config = { added_tokens_decoder: { 2: { content: "</s>", special: true } } };
    const { files: written } = await extendTokenizer(folder({ "tokenizer_config.json": config }), ["<new>"], {
      special: true,
    });
    const { added_tokens_decoder } = JSON.parse(written.get("tokenizer_config.json") ?? "");
    expect(Object.keys(added_tokens_decoder)).toEqual(["2", "3"]);
    expect(added_tokens_decoder[3]).toMatchObject({ content: "<new>", special: true, normalized: false });
  });

  it("refuses tokens that the normalizer makes equal", async () => {
    const adding = extendTokenizer(folder(), ["<New>", "<new>"]);
    await expect(adding).rejects.toMatchObject({ code: "TOKENS_NOT_ADDABLE" });
    await expect(adding).rejects.toThrow(/"<New>": a text that begins with it starts with the token 4, expected 3/);
    await expect(extendTokenizer(folder(), ["<New>", "<new>"], { special: true })).resolves.toBeDefined();
  });

  it("needs a tokenizer.json of a supported type", async () => {
    await expect(extendTokenizer(files(new Map()), ["<new>"])).rejects.toThrow(/models\/toy has no tokenizer\.json/);
    const strange = folder({
      "tokenizer.json": { ...json, model: { ...json.model, type: "Strange", vocab: { a: 0 } } },
    });
    await expect(extendTokenizer(strange, ["<new>"])).rejects.toMatchObject({ code: "TOKENIZER_INVALID" });
  });
});
