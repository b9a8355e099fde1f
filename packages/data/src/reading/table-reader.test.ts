import { describe, expect, it } from "vitest";

import type { ReadOptions } from "./read-options.ts";
import { TableReader } from "./table-reader.ts";

function rowsOf(text: string, pieceSize: number): unknown[] {
  const reader = new TableReader("csv");
  for (let start = 0; start < text.length; start += pieceSize) reader.push(text.slice(start, start + pieceSize));
  return reader.finish().map((row) => (row.kind === "completion" ? [row.prompt, row.completion] : row));
}

describe("a table", () => {
  it.each([1, 2, 3, 5, 100])("keeps a CR before a line end in quotes, read %i characters at a time", (pieceSize) => {
    const text = 'prompt,completion\r\n"a\r\r\nb","c\r\r\r\n"\r\n"d\r","""e\r\n"\r\n';
    expect(rowsOf(text, pieceSize)).toEqual([
      ["a\r\nb", "c\r\r\n"],
      ["d\r", '"e\n'],
    ]);
  });

  it("with very many columns is refused by their number, in time that grows with it and not with its square", () => {
    const start = process.cpuUsage().user;
    const header = Array.from({ length: 100_000 }, (_, at) => `column ${at}`).join(",");
    expect(() => rowsOf(`${header}\n`, 65_536)).toThrow(expect.objectContaining({ code: "DATA_UNREADABLE_FILE" }));
    expect(() => rowsOf(`${header}\n`, 65_536)).toThrow("it has 100000 columns, more than 16384");
    expect(process.cpuUsage().user - start).toBeLessThan(1_000_000);
  });

  it("reports a column name that occurs twice", () => {
    expect(() => rowsOf("a,b,c, b\n", 100)).toThrow('the column "b" twice');
  });

  it("reads a row of thousands of pieces in linear time", () => {
    const start = process.cpuUsage().user;
    const long = "line\n".repeat(800_000);
    const rows = `prompt,completion\n"${long}",b\nc,d\ne,f\n`;
    expect(rowsOf(rows, 1000)).toEqual([
      [long, "b"],
      ["c", "d"],
      ["e", "f"],
    ]);
    expect(process.cpuUsage().user - start).toBeLessThan(2_000_000);
  });

  it("with line ends of only CR is refused for them, not for having no rows", () => {
    expect(() => rowsOf("prompt,completion\ra,b\r", 100)).toThrow(
      expect.objectContaining({ code: "DATA_UNREADABLE_FILE" }),
    );
    expect(() => rowsOf("prompt,completion\ra,b\r", 3)).toThrow(
      "its lines end with CR only. Save it with LF or CRLF line",
    );
  });
});

describe("remembered columns of other data", () => {
  const remembered = { columns: { sentence: "review", label: "stars" }, header: ["review", "stars"] };
  const read = (text: string, options: ReadOptions = {}) => {
    const reader = new TableReader("csv", { remembered, ...options });
    reader.push(text);
    return reader.finish();
  };

  it("names the columns of a table as theirs, with a first line of names or without", () => {
    const expected = [{ kind: "sentence", sentence: "fine", label: 5 }];
    expect(read("review,stars\nfine,5\n")).toEqual(expected);
    expect(read("fine,5\n")).toEqual(expected);
    expect(read("id,stars,review\n7,5,fine\n")).toEqual(expected);
  });

  it("are ignored if the table has other columns, or if columns are given", () => {
    expect(read("id,sentence,label\n7,fine,5\n")).toEqual([{ kind: "sentence", sentence: "fine", label: 5 }]);
    expect(read("fine,5\n", { header: ["text", "label"] })).toEqual([{ kind: "sentence", sentence: "fine", label: 5 }]);
    expect(read("a,b\nx,y\n", { columns: { prompt: "a", completion: "b" } })).toMatchObject([{ kind: "completion" }]);
  });

  it("read rows for prediction without the column of their answers", () => {
    expect(read("id,review,more\n7,fine,x\n", { onPredictionRow: () => {} })).toMatchObject([
      { kind: "sentence", sentence: "fine" },
    ]);
  });
});
