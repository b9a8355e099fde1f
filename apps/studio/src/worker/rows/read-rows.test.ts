import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RowsSource } from "../../protocol/rows.ts";
import { memoryStore } from "../../storage/store.ts";
import { Workshop } from "../workshop.ts";
import { readRows } from "./read-rows.ts";

const pairs = async (source: RowsSource) => {
  const { rows } = await readRows(new Workshop(memoryStore()), source, () => {});
  return rows.map(({ says, answers }) => [says, answers]);
};
const pasted = (text: string) => pairs({ text });
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
    const { rows } = await readRows(new Workshop(memoryStore()), { text: JSON.stringify([{ messages }]) }, () => {});
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
    const bytes = await readFile(join(import.meta.dirname, "../../../fixtures", name));
    expect(await pairs({ file: new File([bytes], name) })).toEqual(expected);
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
    const { rows, leftOut } = await readRows(
      new Workshop(memoryStore()),
      { file: new File([`${text}{"prompt": "Bye", "completion": "See you"}`], "r.jsonl") },
      () => {},
    );
    expect(rows.map(({ says }) => says)).toEqual(["Hi", "Bye"]);
    expect(leftOut).toMatch(/2 lines are broken.*line 2.*line 3/s);
  });

  it("takes nothing of a file whose lines are all broken", async () => {
    await expect(dropped("r.jsonl", '{"prompt": \n{"prompt": "Hi"}')).rejects.toThrow(/2 lines are broken/);
  });

  it("advises to copy the columns of a spreadsheet", async () => {
    await expect(dropped("r.xlsx", "PK\u0003\u0004\0\0")).rejects.toThrow(/copy the two columns and paste them here/);
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
