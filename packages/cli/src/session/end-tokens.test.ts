import { checkConfig } from "@lowrank/families";
import { filesFolder, ModelFileError } from "@lowrank/models";
import { describe, expect, it } from "vitest";
import { endTokens } from "./end-tokens.ts";

const sizes = { vocab_size: 100, n_embd: 8, n_layer: 1, n_head: 2, n_positions: 16 };
const config = checkConfig({ model_type: "gpt2", ...sizes, eos_token_id: 2 });

function ends(generation: string | undefined, eosId?: number) {
  const files = generation === undefined ? [] : ([["generation_config.json", new Blob([generation])]] as const);
  const tokenizer = eosId === undefined ? {} : { eosId };
  return endTokens({ model: { config }, folder: filesFolder("memory", new Map(files)) }, tokenizer);
}

describe("endTokens", () => {
  it("joins the configuration's and the tokenizer's", async () => {
    expect(await ends(undefined, 7)).toEqual([2, 7]);
    expect(await ends(undefined, 2)).toEqual([2]);
    expect(await endTokens({ model: { config }, folder: undefined }, {})).toEqual([2]);
  });

  it("takes generation_config.json before config.json, as transformers does", async () => {
    expect(await ends('{"eos_token_id": [3, 5]}', 7)).toEqual([3, 5, 7]);
    expect(await ends('{"eos_token_id": 3}')).toEqual([3]);
    expect(await ends('{"eos_token_id": null}')).toEqual([2]);
    expect(await ends("{}")).toEqual([2]);
  });

  it("names the file where it is no use", async () => {
    for (const text of ['{"eos_token_id": "</s>"}', '{"eos_token_id": [-1]}', "{"]) {
      await expect(ends(text), text).rejects.toThrow(ModelFileError);
      await expect(ends(text), text).rejects.toThrow(/generation_config\.json/);
    }
  });
});
