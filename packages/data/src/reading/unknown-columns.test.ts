import { describe, expect, it } from "vitest";
import type { DataError } from "../errors.ts";
import { readCsv } from "./read-csv.ts";
import { readJsonl } from "./read-jsonl.ts";

function caught(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

describe("columns that nobody knows", () => {
  it.each([
    ["mr,ref", 'If they are prompt and completion, use `columns: { prompt: "mr", completion: "ref" }`.'],
    ["review,sentiment", 'use `columns: { sentence: "review", label: "sentiment" }`'],
    ["id,question,answer", 'use `columns: { prompt: "question", completion: "answer" }`'],
    ["von,nach", 'use `columns: { prompt: "von", completion: "nach" }`'],
    [
      "review,verdict",
      'If they are sentence and label, use `columns: { sentence: "review", label: "verdict" }`; if prompt and completion, use `columns: { prompt: "review", completion: "verdict" }`.',
    ],
    ["ticket,topics", '; if sentence and label, use `columns: { sentence: "ticket", label: "topics" }`.'],
    ["a,b,c", "Map fields to columns, such as"],
    ["promt,completion", 'are prompt and completion, use `columns: { prompt: "promt", completion: "completion" }`.'],
    ["id,sentence1,sentnce2,label", '`columns: { sentence1: "sentence1", sentence2: "sentnce2", label: "label" }`.'],
    [
      "prompt,x,y",
      'The nearest format is prompt/completion; this row lacks completion. If the file has it under another name, use `columns: { prompt: "prompt", completion: "…" }`.',
    ],
    ["prompt,id,x", "The nearest format is prompt/completion"],
    ["chosen,x,y", 'use `columns: { chosen: "chosen", rejected: "…" }`.'],
    ["prompt", "The nearest format is prompt/completion; this row lacks completion."],
    ["it is a rather long sentence,1", "If the first line is already a row, name the columns in"],
  ])("says once of rows with the columns %s what to do", (names, advice) => {
    const row = names.split(",").map(() => "x");
    const error = caught(() => readCsv([names, ...Array(50).fill(row.join(","))].join("\n"))) as DataError;
    expect(error.problems).toHaveLength(1);
    expect(error).toMatchObject({ count: 50, problems: [{ row: 2, more: 49 }] });
    const [what, todo, where, ...rest] = error.message.split("\n");
    expect(what).toContain("50 lines are broken.");
    expect(todo).toContain(advice);
    expect(where).toContain(
      "lines 2, 3, 4, 5, 6 and 45 more: expected a row in a supported format, such as prompt/completion,",
    );
    expect(where).toMatch(/got the keys "[^"]+".{0,80}$/);
    expect(rest).toEqual([]);
    expect(error.message).not.toContain("Correct or remove");
  });

  it("proposes no list as a text", () => {
    const tagged = JSON.stringify({ tokens: ["Anna", "sings"], ner_tags: [1, 0] });
    const message = (caught(() => readJsonl(tagged)) as Error).message;
    expect(message).toContain("No column is a text. Give rows of words and tags as");
    expect(message).not.toContain("columns: {");
    const mixed = JSON.stringify({ id: [1], question: "a", answer: "b" });
    expect((caught(() => readJsonl(mixed)) as Error).message).toContain('{ prompt: "question", completion: "answer" }');
  });

  it("refuses a first line of names if names were given: its label would be a class", () => {
    const header = ["sentence", "label"];
    expect(() => readCsv("text,label\nfine,1\n", { header })).toThrow(
      'its first line (text, label) already has column names. Leave `header: ["sentence", "label"]` out.',
    );
    expect(readCsv("fine,ok\nlabel,label\n", { header })).toHaveLength(2);
  });

  it("suggests the column that a mistyped name probably means", () => {
    const error = caught(() => readCsv("mr,ref\na,b\n", { columns: { prompt: "mt", completion: "ref" } }));
    expect((error as Error).message).toContain('Did you mean `columns: { prompt: "mr", completion: "ref" }`?');
  });

  it.each([
    [{ text: "a", lable: "b" }, 'Did you mean `columns: { text: "a", label: "b" }`?'],
    [{ prompt: "a", compltion: "b" }, 'Did you mean `columns: { prompt: "a", completion: "b" }`?'],
    [
      { a: "text", b: "label" },
      'Did you mean `columns: { text: "a", label: "b" }`? (The field comes first, then the column.)',
    ],
    [
      { text: "a", b: "label" },
      'Did you mean `columns: { text: "a", label: "b" }`? (The field comes first, then the column.)',
    ],
    [{ text: "a", opinion: "b" }, "Rows have the fields question, choices, context, "],
  ])("refuses the mapping %j, whose field no format has", (columns, advice) => {
    const error = caught(() => readCsv("a,b\nx,y\n", { columns, onBrokenRows: () => {} }));
    expect(error).toMatchObject({ code: "DATA_UNREADABLE_FILE" });
    expect((error as Error).message).toMatch(/^Cannot read "data": the column mapping has unknown fields: "/);
    expect((error as Error).message).toContain(advice);
  });

  it("accepts every optional field of a mapping", () => {
    const columns = { anchor: "a", positive: "b", negative: "c", negative_2: "d" };
    expect(readCsv("a,b,c,d\n1,2,3,4\n", { columns })).toEqual([{ kind: "comparison", texts: ["1", "2", "3", "4"] }]);
    const names =
      "prompt completion tools instruction input output input_ids labels attention_mask token_type_ids audio start image ending3 context choices";
    const mapping = Object.fromEntries(names.split(" ").map((name) => [name, name]));
    expect((caught(() => readCsv("x\ny\n", { columns: mapping })) as Error).message).toContain("There is no column");
  });

  it("exchanges fields and columns of a mapping that is the wrong way round, although both are fields", () => {
    const error = caught(() => readCsv("prompt,id\na,b\n", { columns: { prompt: "text" } }));
    expect((error as Error).message).toContain('Did you mean `columns: { text: "prompt" }`? (The field');
  });

  it("are reported once for a file, unless they are read", () => {
    const told: string[] = [];
    const onIgnoredColumn = (name: string) => void told.push(name);
    const rows = (row: object) => Array(3).fill(JSON.stringify(row)).join("\n");
    readJsonl(rows({ id: 1, text: "a", label: 0, source: "b" }), { onIgnoredColumn });
    readJsonl(rows({ a: "x", b: "y", text: "z" }), { onIgnoredColumn, columns: { prompt: "a", completion: "b" } });
    readJsonl(rows({ a: "x", b: "y" }), { onIgnoredColumn, columns: { text: "a", output: "b" } });
    expect(told).toEqual(["id", "source", "text", "b"]);
    readJsonl(rows({ anchor: "a", positive: "b", negative_1: "c" }), { onIgnoredColumn });
    readJsonl(rows({ file_name: "a.png", label: 1 }), { onIgnoredColumn });
    readJsonl(rows({ instruction: "a", input: "b", output: "c" }), { onIgnoredColumn });
    readJsonl(rows({ input_ids: [1], labels: [1], attention_mask: [1] }), { onIgnoredColumn });
    expect(told).toHaveLength(4);
  });

  it("distinguishes broken rows from rows with unknown columns", () => {
    const rows = [{ a: 1 }, { text: 1 }, { a: 2 }, { text: 2 }];
    const error = caught(() => readJsonl(rows.map((row) => JSON.stringify(row)).join("\n"))) as DataError;
    expect(error.problems.map(({ row, more }) => [row, more])).toEqual([
      [1, 1],
      [2, undefined],
      [4, undefined],
    ]);
    expect(error.message).toContain("Correct or remove them.");
    expect(error.message).not.toMatch(/and \d+ more$/m);
  });
});
