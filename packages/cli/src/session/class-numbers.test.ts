import { DataError, type Example } from "@lowrank/data";
import { describe, expect, it } from "vitest";
import { checkClassNumbers } from "./class-numbers.ts";

const rows = (...labels: readonly (number | string)[]): Example[] =>
  labels.map((label) => ({ kind: "sentence", sentence: "x", label }));

describe("checkClassNumbers", () => {
  it("names the row of a number that no classifier has", () => {
    expect(() => checkClassNumbers("rows.csv", rows(0, 999_999_999))).toThrow(
      /row 2: expected a class number from 0 to 1999: the file has 2 different ones, count them from 0, got 999999999/,
    );
    expect(() => checkClassNumbers("rows.csv", rows(2024, 2024))).toThrow(DataError);
  });

  it("never allows more classes than a config.json may name", () => {
    const many = Array.from({ length: 1200 }, (_, row) => row);
    expect(() => checkClassNumbers("rows.csv", rows(...many, 1_000_000))).toThrow("row 1201");
    expect(() => checkClassNumbers("rows.csv", rows(...many, 999_999))).not.toThrow();
  });

  it("leaves gaps, names and token labels alone", () => {
    expect(() => checkClassNumbers("rows.csv", rows(0, 900))).not.toThrow();
    expect(() => checkClassNumbers("rows.csv", rows("good", "bad"))).not.toThrow();
    const tokens: Example = { kind: "tokens", inputIds: [5_000_000], labels: [5_000_000] };
    expect(() => checkClassNumbers("rows.jsonl", [tokens])).not.toThrow();
  });
});
