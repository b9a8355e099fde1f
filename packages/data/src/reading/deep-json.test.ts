import { describe, expect, it } from "vitest";
import { DataError } from "../errors.ts";
import { readJson } from "./read-json.ts";
import { readJsonl } from "./read-jsonl.ts";

describe("JSON a million levels deep", () => {
  const deep = `${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}`;

  it("is refused as a file of rows and as a row, by its depth", () => {
    expect(() => readJson(deep)).toThrow(expect.objectContaining({ code: "DATA_UNREADABLE_FILE" }));
    expect(() => readJson(`[{"text": ${deep}}]`)).toThrow("it is nested more than 64 levels deep");
    expect(() => readJsonl(`{"text": ${deep}}`)).toThrow(DataError);
    expect(() => readJsonl(`{"text": ${deep}}`)).toThrow("it is nested more than 64 levels deep");
  });
});
