import { describe, expect, it } from "vitest";
import { isInPersona, personaRows, unseenQuestions } from "./persona.ts";

describe("the persona's judge", () => {
  it("accepts answers with two pirate words and no others", () => {
    expect(isInPersona("Arr, that be twelve!")).toBe(true);
    expect(isInPersona("Brew yer leaves, MATEY.")).toBe(true);
    expect(isInPersona("Aye, aye.")).toBe(false); // one word twice
    expect(isInPersona("You may be happy to see the years and the barrel.")).toBe(false);
  });

  it("accepts every answer of the rows", () => {
    const { train, test } = personaRows();
    expect([train.length, test.length]).toEqual([12, 4]);
    const answers = [...train, ...test].map((row) => JSON.stringify(row).split('"assistant"')[1] ?? "");
    expect(answers.filter((answer) => !isInPersona(answer))).toEqual([]);
  });

  it("asks 20 different questions, none of them trained", () => {
    expect(new Set(unseenQuestions).size).toBe(20);
    const rows = JSON.stringify(personaRows());
    expect(unseenQuestions.filter((question) => rows.includes(question))).toEqual([]);
  });
});
