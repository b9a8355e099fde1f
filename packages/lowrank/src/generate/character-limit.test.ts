import { expect, it } from "vitest";
import { checkCharacters, maxCharacters } from "./character-limit.ts";

const model = { config: { maxPositions: 100, modelType: "llama", padTokenId: null } } as unknown as Parameters<
  typeof checkCharacters
>[2];

it("lets a token have as many characters as the longest of the vocabulary, and at most sixteen", () => {
  expect(maxCharacters(100, { longestToken: 7 })).toBe(700);
  expect(maxCharacters(100, { longestToken: 80 })).toBe(1600);
  expect(maxCharacters(Number.POSITIVE_INFINITY, { longestToken: 80 })).toBe(2 ** 19);
});

it("refuses a text or a conversation that is longer, by its characters", () => {
  const tokenizer = { longestToken: 7 };
  const messages = [0, 1].map(() => ({ role: "user", content: "a".repeat(351) }));
  for (const prompt of ["a".repeat(701), { messages }]) {
    expect(() => checkCharacters(prompt, tokenizer, model)).toThrow(
      expect.objectContaining({ code: "POSITION_LIMIT" }),
    );
  }
  expect(() => checkCharacters({ messages }, tokenizer, model)).toThrow(
    "The text has 702 characters, but the model has 100 positions.",
  );
  expect(() => checkCharacters("a".repeat(700), tokenizer, model)).not.toThrow();
});
