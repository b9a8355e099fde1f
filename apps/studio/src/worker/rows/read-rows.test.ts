import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import type { RowsSource } from "../../protocol/rows.ts";
import { memoryStore } from "../../storage/store.ts";
import { WorkerState } from "../worker-state.ts";
import { readRows } from "./read-rows.ts";

const read = async (source: RowsSource) => readRows(new WorkerState(memoryStore()), source, () => {});
const pairs = async (source: RowsSource) => {
  const { rows } = await read(source);
  return rows.map(({ says, answers }) => [says, answers]);
};
const pasted = (text: string) => pairs({ text });
const fixture = async (name: string) =>
  pairs({ file: new File([await readFile(join(import.meta.dirname, "../../../fixtures", name))], name) });

/** An .xlsx with these rows, and one text that cells may share. */
function workbook(rows: string, shared = ""): Uint8Array<ArrayBuffer> {
  const files = {
    "xl/workbook.xml": '<workbook><sheets><sheet name="A" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="r1" Target="worksheets/s.xml"/></Relationships>',
    "xl/sharedStrings.xml": `<sst><si><t>${shared}</t></si></sst>`,
    "xl/worksheets/s.xml": `<worksheet><sheetData>${rows}</sheetData></worksheet>`,
  };
  return Uint8Array.from(zipSync(Object.fromEntries(Object.entries(files).map(([name, xml]) => [name, strToU8(xml)]))));
}

/** The same with these sizes in its directory. */
function claiming(zip: Uint8Array<ArrayBuffer>, bytes: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(zip.buffer);
  for (let at = 0; at + 28 < zip.length; at++)
    if (view.getUint32(at) === 0x504b0102) view.setUint32(at + 24, bytes, true);
  return zip;
}

const dropped = (name: string, text: string) => pairs({ file: new File([text], name) });

describe("readRows", () => {
  it.each([
    ["JSONL", "r.jsonl", '{"prompt": "Hi ->", "completion": " Hello"}\n{"prompt": "Bye", "completion": "See you"}'],
    ["JSON", "r.json", '[{"question": "Hi", "answer": "Hello"}, {"question": "Bye", "answer": "See you"}]'],
    ["CSV with names that say nothing", "r.csv", "frage,antwort\nHi,Hello\nBye,See you\n"],
    ["CSV with names in quotes", "r.csv", '"question","note","answer"\r\nHi,1,Hello\r\nBye,2,See you\r\n'],
    [
      "CSV with semicolons, and a byte order mark",
      "r.csv",
      "\ufeffnote;question;answer\r\n1;Hi;Hello\r\n2;Bye;See you\r\n",
    ],
    ["TSV", "r.tsv", "prompt\tcompletion\nHi\tHello\nBye\tSee you"],
  ])("takes a file of %s", async (_, name, text) => {
    const expected = [
      ["Hi", "Hello"],
      ["Bye", "See you"],
    ];
    expect(await dropped(name, text)).toEqual(expected);
  });

  it("takes cells that were copied from a spreadsheet, whose first line is a row", async () => {
    expect(await pasted("Hi\tHello\nBye\tSee you")).toEqual([
      ["Hi", "Hello"],
      ["Bye", "See you"],
    ]);
  });

  it("takes the first line of copied cells for names where it names both columns", async () => {
    expect(await pasted("question\tanswer\nHi\tHello")).toEqual([["Hi", "Hello"]]);
  });

  it("reads lines of prose as prompts, including commas", async () => {
    expect(await pasted("Well, who are you?\n\nGood morning, sir")).toEqual([
      ["Well, who are you?", ""],
      ["Good morning, sir", ""],
    ]);
  });

  it("keeps the turns before the last answer of a conversation", async () => {
    const messages = [
      { role: "system", content: "Be kind." },
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Hello" },
      { role: "user", content: "Bye" },
      { role: "assistant", content: "See you" },
    ];
    const { rows } = await readRows(new WorkerState(memoryStore()), { text: JSON.stringify([{ messages }]) }, () => {});
    expect(rows[0]).toMatchObject({ before: messages.slice(0, 3), says: "Bye", answers: "See you" });
  });

  it("writes a class as the answer to its sentence", async () => {
    expect(await dropped("r.csv", "sentence,label\na fine film,good\n")).toEqual([["a fine film", "good"]]);
  });

  it.each([
    [
      "questions.parquet",
      [
        ["Hi", "Hello"],
        ["Bye", "See you"],
      ],
    ],
    ["messages.parquet", [["Hi", "Hello"]]],
  ])("takes %s, as pyarrow wrote it", async (name, expected) => {
    expect(await fixture(name)).toEqual(expected);
  });

  it("advises what to do with a file that has only Parquet's name", async () => {
    await expect(dropped("r.parquet", "Hi,Hello")).rejects.toThrow(/"r.parquet".*cannot be read as Parquet.*\.jsonl/s);
  });

  it("reads UTF-16, Excel's Unicode text", async () => {
    const text = Uint8Array.from(Buffer.from("\ufeffquestion\tanswer\r\nHi\tHello\r\nBye\tSee you", "utf16le"));
    expect(await pairs({ file: new File([text], "r.txt") })).toEqual([
      ["Hi", "Hello"],
      ["Bye", "See you"],
    ]);
  });

  it("takes the good lines of a file, and names every broken one", async () => {
    const text = '{"prompt": "Hi", "completion": "Hello"}\n{"prompt": \n{"prompt": "Hi"}\n';
    const file = new File([`${text}{"prompt": "Bye", "completion": "See you"}`], "r.jsonl");
    const { rows, broken } = await read({ file });
    expect(rows.map(({ says }) => says)).toEqual(["Hi", "Bye"]);
    expect(broken?.problem).toMatch(/2 lines are broken.*line 2.*line 3/s);
    expect(broken?.lines).toEqual({ text: '{"prompt": \n{"prompt": "Hi"}', name: "r.jsonl" });
  });

  it("hands out the broken lines of a table with its names, to be corrected and read as the file was", async () => {
    const { rows, broken } = await read({ file: new File(["question;answer\nHi;Hello\nBye\n"], "r.csv") });
    expect(rows).toHaveLength(1);
    expect(broken?.lines).toEqual({ text: "question;answer\nBye", name: "r.csv" });
    expect(await pairs({ name: "r.csv", text: `${broken?.lines?.text};See you` })).toEqual([["Bye", "See you"]]);
  });

  it("hands out the broken lines of copied cells, which have no names", async () => {
    const { broken } = await read({ text: "Hi\tHello\nBye\nYes\tNo" });
    expect(broken?.lines).toEqual({ text: "Bye", name: undefined });
  });

  it("names broken rows of a JSON array, which have no lines", async () => {
    const { rows, broken } = await read({ text: '[{"prompt": "Hi", "completion": "Hello"}, {"prompt": "Bye"}]' });
    expect(rows).toHaveLength(1);
    expect(broken).toMatchObject({ problem: expect.stringMatching(/row 2/), lines: undefined });
  });

  it("takes nothing of a file whose lines are all broken", async () => {
    await expect(dropped("r.jsonl", '{"prompt": \n{"prompt": "Hi"}')).rejects.toThrow(/2 lines are broken/);
  });

  it("takes the named columns of a workbook's first sheet, as openpyxl wrote it", async () => {
    expect(await fixture("questions.xlsx")).toEqual([
      ["Hi", "Hello"],
      ['Is 1 < 2 & "true"?', "Yes:\n1 < 2"],
      ["How many?", "12"],
      ["좋아?", "네 🙂"],
    ]);
  });

  it.each([
    [
      "is no workbook",
      "PK\u0003\u0004\0\0",
      /"r.xlsx" has no sheet with rows.*copy the two columns and paste them here/,
    ],
    ["is too large", new Uint8Array(10_000_001), /"r.xlsx" has 10000001 bytes, more than 10000000/],
    ["claims to be far larger unpacked", claiming(workbook(""), 1e8), /more than 100000000 bytes once it is unpacked/],
    ["has too many rows", workbook("<row><c><v>1</v></c></row>".repeat(20_001)), /more than 20000 rows/],
    [
      "repeats a long text",
      workbook('<row><c t="s"><v>0</v></c></row>'.repeat(300), "x".repeat(1e5)),
      /more than 20000000 char/,
    ],
  ])("refuses an .xlsx that %s", async (_, content, words) => {
    await expect(pairs({ file: new File([content], "r.xlsx") })).rejects.toThrow(words);
  });

  it("advises to copy the columns of another program's sheet", async () => {
    await expect(dropped("r.ods", "PK\u0003\u0004\0\0")).rejects.toThrow(/copy the two columns and paste them here/);
  });

  it("refuses running text, saying what it takes", async () => {
    await expect(dropped("r.jsonl", '{"text": "Once upon a time"}')).rejects.toThrow(
      /row 1: running text.*Expected prompt and completion/s,
    );
  });

  it("refuses a file that is no text, whatever its name", async () => {
    await expect(dropped("photo.csv", "\x89PNG\0\0")).rejects.toThrow(/"photo.csv" is not a text file.*\.jsonl/);
  });

  it("refuses a file that is far too large by its size, before it is read", async () => {
    const file = {
      name: "film.csv",
      size: 2e9,
      arrayBuffer: () => Promise.reject(new Error("was read")),
    } as unknown as File;
    await expect(pairs({ file })).rejects.toThrow(/"film.csv" has 2000000000 bytes; the maximum in a tab is 20000000/);
  });
});
