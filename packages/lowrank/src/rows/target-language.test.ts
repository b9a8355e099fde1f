import { expect, it } from "vitest";
import { targetLanguage } from "./text-ending.ts";

const generation = { eosTokenIds: [2], decoderStartTokenId: 2, forced: { first: null, last: [2] } };
const model = {
  task: "sequence-to-sequence",
  generation: { ...generation, banned: { sequences: [], first: [] }, writing: { doSample: false } },
} as const;

it("a text begins with its language's token if targets do, and the decoder begins with it if they end with it", () => {
  const before = { targetLanguageId: 9, targetPrefixIds: [9] };
  expect(targetLanguage(model, before)).toEqual({ forced: { first: 9, last: [2] } });
  expect(targetLanguage(model, { ...before, targetPrefixIds: [] })).toEqual({ decoderStartTokenId: 9 });
});

it("nothing is reported if the tokenizer names no language, or the model is no translator", () => {
  expect(targetLanguage(model, { targetLanguageId: undefined, targetPrefixIds: [] })).toEqual({});
  expect(targetLanguage({ ...model, task: "causal-lm" }, { targetLanguageId: 9, targetPrefixIds: [9] })).toEqual({});
});
