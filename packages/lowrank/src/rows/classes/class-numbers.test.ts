import { DataError, type Example } from "@lowrank/data";
import { describe, expect, it } from "vitest";
import { checkClassNumbers, countNumbers, rowClasses, tokenClasses } from "./class-numbers.ts";

const rows = (...labels: readonly (number | string)[]): Example[] =>
  labels.map((label) => ({ kind: "sentence", sentence: "x", label }));

describe("checkClassNumbers", () => {
  it("names the row of a number that no classifier has", () => {
    expect(() => checkClassNumbers("rows.csv", rows(0, 999_999_999), rowClasses)).toThrow(
      /row 2: expected a class number from 0 to 1999 \(the file has 2 different numbers; .*\), got 999999999/,
    );
    expect(() => checkClassNumbers("rows.csv", rows(2024, 2024), rowClasses)).toThrow(DataError);
  });

  it("never allows more classes than a config.json may name", () => {
    const many = Array.from({ length: 1200 }, (_, row) => row);
    expect(() => checkClassNumbers("rows.csv", rows(...many, 1_000_000), rowClasses)).toThrow("row 1201");
    expect(() => checkClassNumbers("rows.csv", rows(...many, 999_999), rowClasses)).not.toThrow();
  });

  it("does not change gaps, names and token labels", () => {
    expect(() => checkClassNumbers("rows.csv", rows(0, 900), rowClasses)).not.toThrow();
    expect(() => checkClassNumbers("rows.csv", rows("good", "bad"), rowClasses)).not.toThrow();
    const tokens: Example = { kind: "tokens", inputIds: [5_000_000], labels: [5_000_000] };
    expect(() => checkClassNumbers("rows.jsonl", [tokens], rowClasses)).not.toThrow();
  });

  it("names the row whose tokens have a class that no classifier has", () => {
    const ofTokens = (...labels: number[]): Example => ({ kind: "tokens", inputIds: labels.map(() => 1), labels });
    const examples = [ofTokens(0, -100, 4), ofTokens(-100, 70_000)];
    expect(() => checkClassNumbers("rows.jsonl", examples, tokenClasses)).toThrow(/row 2: .* got 70000/);
    expect(() => checkClassNumbers("rows.jsonl", [ofTokens(1, -7)], tokenClasses)).toThrow(/row 1: .* got -7/);
    expect(() => checkClassNumbers("rows.jsonl", examples.slice(0, 1), tokenClasses)).not.toThrow();
    expect(countNumbers(examples.slice(0, 1), tokenClasses)).toBe(5);
  });
});
