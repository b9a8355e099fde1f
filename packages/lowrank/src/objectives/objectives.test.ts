import type { Example } from "@lowrank/data";
import { describe, expect, it } from "vitest";
import { objectives, surveyRows } from "./objectives.ts";

const sentence = (): Example => ({ kind: "sentence", sentence: "x", label: 0 });

describe("surveyRows", () => {
  it("names the rows that do not go with the first", () => {
    const rows: Example[] = [sentence(), { kind: "text", text: "x" }];
    expect(() => surveyRows("rows.jsonl", rows)).toThrow(/row 2: expected a row with one label for the whole row/);
    expect(surveyRows("rows.jsonl", [sentence()]).objective).toBe(objectives.classification);
  });

  it("counts the rows of a second file from its own first one", () => {
    const rows: Example[] = [{ kind: "text", text: "x" }, sentence()];
    expect(() => surveyRows("validation.jsonl", rows, objectives.classification)).toThrow(
      /row 1: expected a row with one label/,
    );
  });
});
