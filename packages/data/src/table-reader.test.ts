import { describe, expect, it } from "vitest";
import { DataFileError } from "./errors.ts";
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

  it("whose lines end with CR alone is refused for that, not for having no rows", () => {
    expect(() => rowsOf("prompt,completion\ra,b\r", 100)).toThrow(DataFileError);
    expect(() => rowsOf("prompt,completion\ra,b\r", 3)).toThrow("its lines end with CR alone");
  });
});
