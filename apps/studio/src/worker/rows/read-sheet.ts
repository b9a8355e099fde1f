// The first sheet of an Excel workbook (.xlsx: ECMA-376, a zip of XML files) as CSV. The file may claim anything: what is unpacked is
// bounded by the sizes in its directory, and what is read of it by rows and characters.

import { LowrankError } from "@lowrank/contracts";
import { unzipSync } from "fflate";

const maxPacked = 10_000_000;
const maxUnpacked = 100_000_000;
const maxRows = 20_000;
const maxCharacters = 20_000_000;

const wanted = /^xl\/(?:workbook\.xml|_rels\/workbook\.xml\.rels|sharedStrings\.xml|worksheets\/[^/]+\.xml)$/;

/** Columns without a name in the first row are left out; dates are numbers, as Excel stores them. Throws ROWS_TOO_LARGE, ROWS_NO_TEXT. */
export function sheetAsCsv(name: string, workbook: Uint8Array): string {
  const files = unpacked(name, workbook);
  const xml = (path: string) => new TextDecoder().decode(wanted.test(path) ? files[path] : undefined);
  const [id = ""] = attributesOf(xml("xl/workbook.xml"), "sheet", "id");
  const links = xml("xl/_rels/workbook.xml.rels");
  const place = attributesOf(links, "Relationship", "Id").indexOf(id);
  const target = attributesOf(links, "Relationship", "Target")[place] ?? "";
  const sheet = xml(target.startsWith("/") ? target.slice(1) : `xl/${target}`);
  const rows = cellsOf(name, sheet, textsOf(xml("xl/sharedStrings.xml")));
  if (rows.length === 0) throw noSheet(name, undefined);
  const columns = (rows[0] ?? []).flatMap((title, column) => (title.trim() === "" ? [] : [column]));
  let characters = 0;
  const lines = rows.map((cells) => {
    const line = columns.map((column) => `"${(cells[column] ?? "").replaceAll('"', '""')}"`).join(",");
    characters += line.length;
    if (characters > maxCharacters) throw tooLarge(name, `more than ${maxCharacters} characters`);
    return line;
  });
  return lines.join("\n");
}

function unpacked(name: string, workbook: Uint8Array): Readonly<Record<string, Uint8Array>> {
  if (workbook.length > maxPacked) throw tooLarge(name, `${workbook.length} bytes, more than ${maxPacked}`);
  let bytes = 0;
  const filter = (file: { readonly name: string; readonly originalSize: number }) => {
    if (!wanted.test(file.name)) return false;
    bytes += file.originalSize;
    if (bytes > maxUnpacked) throw tooLarge(name, `more than ${maxUnpacked} bytes once it is unpacked`);
    return true;
  };
  try {
    return unzipSync(workbook, { filter });
  } catch (cause) {
    throw cause instanceof LowrankError ? cause : noSheet(name, cause);
  }
}

interface Tag {
  readonly name: string;
  readonly isEnd: boolean;
  readonly attributes: string;
  /** Between it and the next tag. */
  readonly text: string;
}

function* tagsOf(xml: string): Generator<Tag> {
  // The whole name or none: a part of each long name would take time that grows with the square.
  const tags = xml.matchAll(/<(\/?)(?:[\w.-]+:)?([\w.-]+)(?![\w.-])([^<>]*)>([^<]*)/g);
  for (const [, slash, name = "", attributes = "", text = ""] of tags)
    yield { name, isEnd: slash === "/", attributes, text: plain(text) };
}

function attribute({ attributes }: Tag, name: string): string | undefined {
  return new RegExp(`[\\s:]${name}="([^"]*)"`).exec(attributes)?.[1];
}

function attributesOf(xml: string, tag: string, name: string): readonly string[] {
  const values: string[] = [];
  for (const each of tagsOf(xml)) if (each.name === tag && !each.isEnd) values.push(attribute(each, name) ?? "");
  return values;
}

/** The strings that cells share, without hints of how they are pronounced. */
function textsOf(xml: string): readonly string[] {
  const texts: string[] = [];
  let isHint = false;
  for (const { name, isEnd, text } of tagsOf(xml)) {
    if (name === "rPh") isHint = !isEnd;
    if (name === "si" && !isEnd) texts.push("");
    if (name === "t" && !isEnd && !isHint) texts.push((texts.pop() ?? "") + text);
  }
  return texts;
}

/** The cells of each row that has one. Throws ROWS_TOO_LARGE. */
function cellsOf(file: string, xml: string, strings: readonly string[]): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  let [column, type]: [number, string | undefined] = [0, undefined];
  let characters = 0;
  for (const tag of tagsOf(xml)) {
    if (tag.isEnd) continue;
    if (tag.name === "row") row = [];
    if (tag.name === "c") {
      const letters = /^[A-Z]{1,3}/.exec(attribute(tag, "r") ?? "")?.[0] ?? "A";
      column = [...letters].reduce((place, letter) => 26 * place + letter.charCodeAt(0) - 64, 0) - 1;
      type = attribute(tag, "t");
    }
    if (tag.name !== "v" && tag.name !== "t") continue;
    if (row.length === 0 && rows.push(row) > maxRows) throw tooLarge(file, `more than ${maxRows} rows`);
    const text = type === "s" ? (strings[Number(tag.text)] ?? "") : tag.text;
    characters += text.length; // many cells may share a long text
    if (characters > maxCharacters) throw tooLarge(file, `more than ${maxCharacters} characters`);
    row[column] = (row[column] ?? "") + text;
  }
  return rows;
}

const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Without the escapes of XML, and of Excel for the characters that XML has not (`_x000D_`). */
function plain(text: string): string {
  const character = (code: number) => (code <= 0x10ffff ? String.fromCodePoint(code) : "");
  return text
    .replaceAll(/&#x([\da-f]{1,6});|_x([\da-f]{4})_/gi, (_, hex, excel) => character(Number.parseInt(hex ?? excel, 16)))
    .replaceAll(/&#(\d{1,7});/g, (_, code) => character(Number(code)))
    .replaceAll(/&(amp|lt|gt|quot|apos);/g, (_, name) => named[name] ?? "");
}

function tooLarge(name: string, has: string): LowrankError {
  const advice = "Take a part of the sheet, or train in Node: lowrank train.";
  return new LowrankError("ROWS_TOO_LARGE", `"${name}" has ${has}. ${advice}`);
}

function noSheet(name: string, cause: unknown): LowrankError {
  const advice = "In the spreadsheet, copy the two columns and paste them here, or save them as CSV.";
  return new LowrankError("ROWS_NO_TEXT", `"${name}" has no sheet with rows. ${advice}`, { cause });
}
