import { describe, expect, it } from "vitest";
import { endTokens } from "./text-ending.ts";

const generation = { eosTokenIds: [3, 5] };

describe("endTokens", () => {
  it("joins the model's and the tokenizer's, each once", () => {
    expect(endTokens({ generation }, { eosId: 7 })).toEqual([3, 5, 7]);
    expect(endTokens({ generation }, { eosId: 5 })).toEqual([3, 5]);
    expect(endTokens({ generation }, {})).toEqual([3, 5]);
  });
});
