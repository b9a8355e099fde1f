import { type Example, TextTokenizer } from "@lowrank/data";
import { batchIndices } from "@lowrank/data/internal";
import { describe, expect, it } from "vitest";
import { recordingIo } from "../../../test/recording-io.ts";
import { createReport } from "../../cli/terminal/report.ts";
import { chooseTemplate } from "./choose-template.ts";
import { drawTokens } from "./draw-tokens.ts";
import { tokenizeRows } from "./tokenize-rows.ts";

const words = { model: { type: "WordLevel", vocab: { "[UNK]": 0, a: 1, b: 2, c: 3 }, unk_token: "[UNK]" } };
const tokenizer = TextTokenizer.fromJson({ ...words, pre_tokenizer: { type: "Whitespace" }, added_tokens: [] });
const options = {
  file: "rows.jsonl",
  model: { config: { vocabularySize: 3, labels: 2 }, task: "causal-lm" },
  tokenizer,
  template: chooseTemplate("plain", [], { tokenizer, task: "causal-lm" }),
  lengths: { maxLength: 8 },
  labels: { labelIds: new Map() },
} as const;

/** More rows than are sampled; none of `odd` is. */
function rowsWith(odd: readonly Example[]): Example[] {
  const rows = Array.from(
    { length: 3000 },
    (_, row): Example => ({ kind: "text", text: row % 2 === 0 ? "a b" : "b a a b" }),
  );
  for (const [index, example] of odd.entries()) rows[1000 + 2 * index] = example;
  return rows;
}

function draw(rows: readonly Example[]) {
  const { io, stderr } = recordingIo();
  const drawn = drawTokens(rows, options, createReport(io, {}));
  return { ...drawn, output: () => stderr() };
}

describe("drawTokens", () => {
  it("has the same tokens for each row as tokenizing all in advance", () => {
    const rows = rowsWith([]);
    const { rows: drawn, sample } = draw(rows);
    expect(sample).toHaveLength(1024);
    expect([...drawn]).toEqual([...tokenizeRows(rows, options, createReport(recordingIo().io, {}))]);
    expect(drawn.at(2999)?.inputIds).toEqual([2, 1, 1, 2]);
  });

  it("separates rows with a common text like tokenizing all in advance", () => {
    const rows = Array.from(
      { length: 60 },
      (_, row): Example => ({
        kind: "comparison",
        texts: [row % 2 === 0 ? "a b" : "b a", row % 3 === 0 ? "a" : "b b"],
      }),
    );
    const made = tokenizeRows(rows, options, createReport(recordingIo().io, {}));
    expect(batchIndices(draw(rows).rows, { batchSize: 4 })).toEqual(batchIndices(made, { batchSize: 4 }));
  });

  it("warns of empty answers, and names the option that keeps a cut answer", () => {
    const { io, stderr } = recordingIo();
    const rows = ["b", " ", ""].map((completion): Example => ({ kind: "completion", prompt: "a", completion }));
    const long: Example = { kind: "completion", prompt: "a", completion: "b a b a b a b a b" };
    tokenizeRows([...rows, long], options, createReport(io, {}));
    expect(stderr()).toContain('2 rows of "rows.jsonl" have an empty answer (the first: row 2)');
    expect(stderr()).toMatch(/1 row of "rows.jsonl" may be cut at 8 tokens.*raise --max-length/);
  });

  it("knows about how long each row is", () => {
    const { lengths } = draw(rowsWith([])).rows;
    expect([lengths[0], lengths[1]]).toEqual([2, 4]);
  });

  it("skips broken rows and rows without anything to train, and reports the first", () => {
    const { rows, output } = draw(
      rowsWith([
        { kind: "text", text: "a c" },
        { kind: "text", text: "" },
      ]),
    );
    expect(output()).toBe("");
    expect([rows.at(1000), rows.at(1002), rows.length]).toEqual([undefined, undefined, 3000]);
    expect([...rows]).toHaveLength(2998);
    expect(output()).toMatch(/Skipped row 1001 of "rows.jsonl": it has 3, expected token ids from 0 to 2/);
    expect(output().match(/Skipped/g)).toHaveLength(1);
  });

  it("refuses a file whose looked-at rows are broken, by their numbers in it", () => {
    const rows = rowsWith([]);
    rows[0] = { kind: "text", text: "c c" };
    expect(() => draw(rows)).toThrow(/row 1: expected token ids from 0 to 2/);
  });
});
