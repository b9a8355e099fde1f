import { describe, expect, it } from "vitest";
import { DataFileError } from "../errors.ts";
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
    expect(() => rowsOf(`${header}\n`, 65_536)).toThrow(DataFileError);
    expect(() => rowsOf(`${header}\n`, 65_536)).toThrow("it has 100000 columns, more than 16384");
    expect(process.cpuUsage().user - start).toBeLessThan(1_000_000);
  });

  it("names a column that stands there twice, wherever", () => {
    expect(() => rowsOf("a,b,c, b\n", 100)).toThrow('the column "b" twice');
  });

  it("reads a row that comes in thousands of pieces, in time that grows with its length", () => {
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

  it("whose lines end with CR alone is refused for that, not for having no rows", () => {
    expect(() => rowsOf("prompt,completion\ra,b\r", 100)).toThrow(DataFileError);
    expect(() => rowsOf("prompt,completion\ra,b\r", 3)).toThrow("its lines end with CR alone");
  });
});
