import type { LowrankError } from "@lowrank/contracts";
import { describe, expect, it } from "vitest";
import { DataError } from "../errors.ts";
import { readCsv, readTsv } from "./read-csv.ts";
import { readJson } from "./read-json.ts";
import { JsonlReader, readJsonl } from "./read-jsonl.ts";
import { TableReader } from "./table-reader.ts";

function caught(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

describe("the form of a row", () => {
  it.each([
    [
      { prompt: "a", completion: "b" },
      { kind: "completion", prompt: "a", completion: "b" },
    ],
    [
      { instruction: "a", input: "b", output: "c" },
      { kind: "instruction", instruction: "a", input: "b", output: "c" },
    ],
    [
      { instruction: "a", output: "c" },
      { kind: "instruction", instruction: "a", input: "", output: "c" },
    ],
    [{ text: "a" }, { kind: "text", text: "a" }],
    [
      { sentence: "a", label: 1 },
      { kind: "sentence", sentence: "a", label: 1 },
    ],
    [
      { sentence: "a", label: "good" },
      { kind: "sentence", sentence: "a", label: "good" },
    ],
    [
      { text: "a", label: 0 },
      { kind: "sentence", sentence: "a", label: 0 },
    ],
    [
      { sentence1: "a", sentence2: "b", label: 1 },
      { kind: "sentence", sentence: "a", pair: "b", label: 1 },
    ],
    [
      {
        messages: [
          { role: "user", content: "a" },
          { role: "assistant", content: "b" },
        ],
      },
      {
        kind: "chat",
        messages: [
          { role: "user", content: "a" },
          { role: "assistant", content: "b" },
        ],
      },
    ],
    [
      {
        conversations: [
          { from: "human", value: "a" },
          { from: "gpt", value: "b" },
        ],
      },
      {
        kind: "chat",
        messages: [
          { role: "user", content: "a" },
          { role: "assistant", content: "b" },
        ],
      },
    ],
    [
      { input_ids: [1, 2], labels: [-100, 2] },
      { kind: "tokens", inputIds: [1, 2], labels: [-100, 2] },
    ],
    [{ input_ids: [1, 2] }, { kind: "tokens", inputIds: [1, 2], labels: [1, 2] }],
    [
      { input_ids: [1, 2, 8, 8], attention_mask: [1, 1, 0, 0] },
      { kind: "tokens", inputIds: [1, 2, 8, 8], labels: [1, 2, -100, -100], attentionMask: [1, 1, 0, 0] },
    ],
    [
      { input_ids: [1, 8], labels: [1, 8], attention_mask: [1, 0] },
      { kind: "tokens", inputIds: [1, 8], labels: [1, 8], attentionMask: [1, 0] },
    ],
    [
      { input_ids: [1, 2], label: 3 },
      { kind: "tokens", inputIds: [1, 2], labels: 3 },
    ],
    [
      { input_ids: [1, 2], labels: 0, attention_mask: [1, 0], token_type_ids: [0, 1] },
      { kind: "tokens", inputIds: [1, 2], labels: 0, attentionMask: [1, 0], tokenTypeIds: [0, 1] },
    ],
  ])("%j is recognized by its keys", (row, example) => {
    expect(readJsonl(JSON.stringify(row))).toEqual([example]);
    expect(readJson(JSON.stringify([row]))).toEqual([example]);
  });

  it.each([
    [{ prompt: "a", completion: 3 }, 'a text for "completion"', "the number 3"],
    [{ instruction: "a", output: null }, 'a text for "output"', "null"],
    [{ sentence: "a", label: null }, "a class number", "null"],
    [{ sentence: "a", label: [1, 0, 1] }, "class numbers from 0 or class names", "an array ([1,0,1])"],
    [
      { sentence: "a", label: "[spam]" },
      'a JSON list of classes for "label", because it begins',
      'the string "[spam]"',
    ],
    [{ messages: [] }, "a list of turns", "an array"],
    [{ messages: [{ role: "user", content: "a" }] }, 'a turn of the role "assistant"', '"user" alone'],
    [{ messages: [{ role: "user" }] }, '"messages"[0]."content"', "nothing"],
    [{ conversations: [{ from: "martian", value: "a" }] }, "one of human", '"martian"'],
    [{ input_ids: [1, 2], labels: [1] }, "2 integers", "1"],
    [{ input_ids: [1, -2] }, 'at "input_ids"[1]', "the number -2"],
    [{ input_ids: [1, 2 ** 40] }, 'at "input_ids"[1]', "1099511627776"],
    [{ input_ids: [] }, "at least one integer", "0"],
    [{ question: "a" }, "a row in a supported format, such as", 'the keys "question"'],
    ["text", "a JSON object", 'the string "text"'],
  ])("%j is refused, saying what came and what was expected", (row, expected, found) => {
    const error = caught(() => readJsonl(JSON.stringify(row), { file: "rows.jsonl" }));
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).problems[0]?.expected).toContain(expected);
    expect((error as DataError).problems[0]?.found).toContain(found);
    expect((error as DataError).message).toContain("rows.jsonl");
  });
});

describe("JSON Lines", () => {
  it("may begin with a byte order mark, end lines with CRLF, have empty lines and end without one", () => {
    const text = '\uFEFF{"text": "a"}\r\n\r\n   \n{"text": "b"}';
    expect(readJsonl(text)).toEqual([
      { kind: "text", text: "a" },
      { kind: "text", text: "b" },
    ]);
  });

  it("returns the same examples for any split of the text into pieces", () => {
    const text = '{"text": "한국어 😀"}\r\n{"text": "b\\n"}\n';
    for (let size = 1; size < 9; size += 1) {
      const reader = new JsonlReader();
      for (let start = 0; start < text.length; start += size) reader.push(text.slice(start, start + size));
      expect(reader.finish()).toEqual(readJsonl(text));
    }
  });

  it("names every broken line in one error, and lists the first twelve", () => {
    const lines = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? '{"text": "a"}' : `{"text": ${index}}`));
    const error = caught(() => readJsonl(lines.join("\n"))) as DataError;
    expect(error.count).toBe(20);
    expect(error.problems.map(({ row }) => row)).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24]);
    expect(error.message).toContain("20 lines are broken");
    expect(error.message).toContain("and 8 more");
  });

  it("reports the same fault of several lines once, with the first lines and how many others there are", () => {
    const rows = (count: number) => `{"text": "a", "label": "b"}\n${'{"text": "a", "label": ""}\n'.repeat(count)}`;
    const many = caught(() => readJsonl(rows(15))) as DataError;
    expect(many).toMatchObject({ count: 15, problems: [{ row: 2, more: 14, moreRows: [3, 4, 5, 6] }] });
    expect(many.message).toContain(
      "15 lines are broken.\n  - lines 2, 3, 4, 5, 6 and 10 more: expected a class number",
    );
    expect(many.message).toMatch(/got the string ""\nCorrect or remove them\.$/);
    expect((caught(() => readJsonl(rows(2))) as DataError).message).toContain("- lines 2, 3: expected a class number");
  });

  it("names the endings of other kinds of files if the first line is no object", () => {
    for (const text of ["prompt,completion\na,b\n", '{\n  "text": "a"\n}\n']) {
      const { problems } = caught(() => readJsonl(text)) as DataError;
      expect(problems[0]?.expected, text).toBe(
        "a JSON object on every line (rename a table to .csv or .tsv, and a JSON array to .json)",
      );
    }
    const second = caught(() => readJsonl('{"text": "a"}\na,b\n')) as DataError;
    expect(second.problems[0]?.expected).toBe("a JSON object");
  });

  it("says once that a JSON array should be named .json, for any number of lines", () => {
    for (const text of ['[{"text": "a"}]', '\n  [\n{"text": "a"},\n{"text": "b"}\n]\n'])
      expect(() => readJsonl(text, { file: "rows.jsonl" })).toThrow(
        'Cannot read "rows.jsonl": it is one JSON array, not an object on each line. Rename it to .json.',
      );
  });

  it("does not pass control characters of a file on to a terminal", () => {
    const error = caught(() => readJsonl('{"text": \u001b[31m\0}')) as DataError;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    expect(error.message).not.toMatch(/[\u0000\u001b]/);
    expect(error.problems[0]?.row).toBe(1);
  });

  it("cannot reach Object.prototype", () => {
    expect(() => readJsonl('{"__proto__": {"text": "a"}}')).toThrow(DataError);
    expect(readJsonl('{"__proto__": {"polluted": 1}, "text": "a"}')).toEqual([{ kind: "text", text: "a" }]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it.each([
    ["no rows", "\n\n", {}, "it has no rows"],
    ["too long a line", `{"text": "${"a".repeat(200)}"}`, { maxRowLength: 100 }, "line 1 is longer than 100"],
    ["too many rows", '{"text": "a"}\n'.repeat(5), { maxRows: 4 }, "more than 4 rows"],
    ["too much of everything", '{"text": "a"}\n'.repeat(5), { maxSize: 20 }, "larger than 20"],
  ])("with %s is refused as a whole", (_, text, options, reason) => {
    const error = caught(() => readJsonl(text, options));
    expect(error).toMatchObject({ code: "DATA_UNREADABLE_FILE" });
    expect((error as LowrankError).message).toContain(reason);
  });
});

describe("a JSON array", () => {
  it("counts its broken rows from 1", () => {
    const error = caught(() => readJson('[{"text": "a"}, 7]')) as DataError;
    expect(error.message).toContain("row 2: expected an object, got the number 7");
  });

  it.each([["{"], ['{"text": "a"}'], [""]])("is what %j is not", (text) => {
    expect(() => readJson(text)).toThrow(expect.objectContaining({ code: "DATA_UNREADABLE_FILE" }));
  });
});

describe("CSV", () => {
  const columns = { prompt: "mr", completion: "ref" };

  it("reads quotes, commas and line ends inside quotes", () => {
    const text = 'mr,ref\r\n"name[A], area[B]","He said ""yes"",\r\nand left."\r\n\r\nx,y\r\n';
    expect(readCsv(text, { columns })).toEqual([
      { kind: "completion", prompt: "name[A], area[B]", completion: 'He said "yes",\nand left.' },
      { kind: "completion", prompt: "x", completion: "y" },
    ]);
  });

  it("returns the same examples for any split of the text into pieces", () => {
    const text = '\uFEFFmr,ref\r\n"a, ""b""","c\r\nd"\r\n"한국어",😀\r\n';
    for (let size = 1; size < 12; size += 1) {
      const reader = new TableReader("csv", { columns });
      for (let start = 0; start < text.length; start += size) reader.push(text.slice(start, start + size));
      expect(reader.finish()).toEqual(readCsv(text, { columns }));
    }
  });

  it("names the lines of broken rows, counting line ends inside quotes", () => {
    const text = 'mr,ref\n"a\nb",c\nonly one\nd,e,f\n';
    const error = caught(() => readCsv(text, { columns })) as DataError;
    expect(error.problems.map(({ row }) => row)).toEqual([4, 5]);
    expect(error.message).toContain("line 4: expected 2 columns (mr, ref), got 1");
  });

  it("names the columns that are missing", () => {
    const error = caught(() => readCsv("a,b\n1,2\n", { columns })) as DataError;
    expect(error.problems[0]).toMatchObject({ expected: 'the columns "mr", "ref"', found: 'the keys "a", "b"' });
  });

  it("names the kind of a JSON file", () => {
    const text = '{"text": "a; b"}\n{"text": "b"}\n';
    expect(() => readCsv(text)).toThrow(expect.objectContaining({ code: "DATA_UNREADABLE_FILE" }));
    expect(() => readCsv(text)).toThrow("it is JSON. Rename it to .jsonl (an object on each line)");
  });

  it.each([
    ['prompt;completion\n"a;\nb";c, d\n', {}],
    ['\n"prompt"\t"completion"\r\n"a;\r\nb"\tc, d\r\n', {}],
    ['x;y\n"a;\nb";c, d\n', { columns: { prompt: "x", completion: "y" } }],
    [
      'one;two\n"a;\nb";c, d\n',
      { columns: { prompt: "one", completion: "two" }, remembered: { header: ["one", "2"] } },
    ],
  ])("reads %j with the separator of its first line", (text, options) => {
    const expected = [{ kind: "completion", prompt: "a;\nb", completion: "c, d" }];
    expect(readCsv(text, options)).toEqual(expected);
    for (let size = 1; size < 9; size += 1) {
      const reader = new TableReader("csv", options);
      for (let start = 0; start < text.length; start += size) reader.push(text.slice(start, start + size));
      expect(reader.finish()).toEqual(expected);
    }
  });

  it("without a line of names is split by another separator only if that makes the given columns", () => {
    const header = ["text", "label"];
    expect(readCsv("a. b;0\n", { header })).toEqual([{ kind: "sentence", sentence: "a. b", label: 0 }]);
    expect(readCsv("a; b\n", { header: ["text"] })).toEqual([{ kind: "text", text: "a; b" }]);
    expect(readCsv("a; b\n", { remembered: { header: ["text"] } })).toEqual([{ kind: "text", text: "a; b" }]);
    expect(() => readCsv("a; b; c\n", { header })).toThrow("expected 2 columns (text, label), got 1");
  });

  it("accepts any column names with a mapping", () => {
    expect(readCsv("{a;b}\nc\n", { columns: { text: "{a;b}" } })).toEqual([{ kind: "text", text: "c" }]);
  });

  it("refuses a quote left open, two columns of one name, and NUL bytes", () => {
    expect(() => readCsv('mr,ref\na,"b\n', { columns })).toThrow(DataError);
    expect(() => readCsv("mr,mr\na,b\n", { columns })).toThrow(
      expect.objectContaining({ code: "DATA_UNREADABLE_FILE" }),
    );
    expect(() => readCsv("mr,ref\na,b\0\n", { columns })).toThrow(DataError);
  });

  it("refuses a row without end before it is held whole", () => {
    const reader = new TableReader("csv", { columns, maxRowLength: 1000 });
    reader.push('mr,ref\n"');
    expect(() => {
      for (let piece = 0; piece < 100; piece += 1) reader.push("a".repeat(100));
    }).toThrow(/close an open quote, or raise maxRowLength/);
  });

  it("reads labels as numbers or names", () => {
    const labels = (csv: string) => readCsv(csv).map((row) => (row.kind === "sentence" ? row.label : ""));
    expect(labels("sentence,label\na,1\nb,0\n")).toEqual([1, 0]);
    expect(labels("sentence,label\na,bad\nb,good\n")).toEqual(["bad", "good"]);
  });

  it("refuses labels that are numbers in some rows and names in others, naming the lines", () => {
    const error = caught(() => readCsv("sentence,label\na,0\nb,1\nc,unknown\n"));
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).problems).toEqual([
      { row: 4, expected: "a class number, as in line 2", found: 'the string "unknown"' },
    ]);
    expect(() => readJson('[{"text":"a","label":"good"},{"text":"b","label":1}]')).toThrow(/row 2: .*as in row 1/);
  });

  it("with a column called __proto__ reaches no prototype", () => {
    expect(readCsv("text,__proto__\na,b\n")).toEqual([{ kind: "text", text: "a" }]);
  });
});

describe("TSV", () => {
  it("is read with commas and quotes if its first line has them and no tab", () => {
    expect(readTsv('prompt,completion\n"a, b",c\td\n')).toEqual([
      { kind: "completion", prompt: "a, b", completion: "c\td" },
    ]);
    expect(readTsv("text\t\na, b\t\n")).toEqual([{ kind: "text", text: "a, b" }]);
  });

  it("treats quotes as ordinary characters and needs no header line if a header is given", () => {
    const rows = readTsv('"a fine film\t1\nbad " one\t0\n', { header: ["sentence", "label"] });
    expect(rows).toEqual([
      { kind: "sentence", sentence: '"a fine film', label: 1 },
      { kind: "sentence", sentence: 'bad " one', label: 0 },
    ]);
  });
});
