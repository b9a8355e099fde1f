import { describe, expect, it } from "vitest";
import { DataError } from "../errors.ts";
import { readCsv } from "../reading/read-csv.ts";
import { readJsonl } from "../reading/read-jsonl.ts";

describe("rows of texts to compare", () => {
  it.each([
    [{ anchor: "a", positive: "b" }, ["a", "b"]],
    [{ query: "a", positive: "b", negative: "c" }, ["a", "b", "c"]],
    [{ anchor: "a", negative_10: "x", negative_2: "c", positive: "b" }, ["a", "b", "c", "x"]],
  ])("%j are a text, one that belongs to it and others", (row, texts) => {
    expect(readJsonl(JSON.stringify(row), { file: "rows" })).toEqual([{ kind: "comparison", texts }]);
  });

  it("are two texts and their similarity, also in a table", () => {
    const pair = { kind: "comparison", texts: ["a", "b"] };
    expect(readJsonl('{"sentence1": "a", "sentence2": "b", "score": -0.5}', { file: "rows" })).toEqual([
      { ...pair, score: -0.5 },
    ]);
    expect(readCsv("sentence1,sentence2,score\na,b,4.2\n", { file: "rows" })).toEqual([{ ...pair, score: 4.2 }]);
  });

  it.each([
    ['{"sentence1": "a", "sentence2": "b", "score": "much"}', 'a number for "score"'],
    ['{"anchor": "a", "positive": 3}', 'a text for "positive"'],
    ['{"anchor": "a", "positive": "b", "negative": null}', 'a text for "negative"'],
  ])("are refused where they are none: %s", (row, expected) => {
    expect(() => readJsonl(row, { file: "rows" })).toThrow(DataError);
    expect(() => readJsonl(row, { file: "rows" })).toThrow(expected);
  });
});
