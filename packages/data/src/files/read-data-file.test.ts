import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { splitByKey } from "../batching/split-by-key.ts";
import { DataError } from "../errors.ts";
import { groupReferences } from "../scoring/group-references.ts";
import { readDataFile, streamDataFile } from "./read-data-file.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lowrank-data-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function write(name: string, contents: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, contents);
  return path;
}

describe("a data file", () => {
  it.each([
    ["rows.jsonl", '{"text": "a"}\n'],
    ["rows.NDJSON", '{"text": "a"}\n'],
    ["rows.json", '[{"text": "a"}]'],
    ["rows.csv", "text\na\n"],
    ["rows.tsv", "text\na\n"],
  ])("called %s is read by its ending", async (name, contents) => {
    expect(await readDataFile(await write(name, contents))).toEqual([{ kind: "text", text: "a" }]);
  });

  it("compressed by gzip is decompressed, up to the size limit", async () => {
    const rows = '{"text": "a"}\n'.repeat(10_000);
    const path = await write("rows.jsonl.gz", gzipSync(rows));
    expect(await readDataFile(path)).toHaveLength(10_000);
    await expect(readDataFile(path, { maxSize: 100_000 })).rejects.toThrow(/larger than 100000 bytes/);
    const cut = await write("cut.csv.gz", gzipSync("text\na\n").subarray(0, 20));
    await expect(readDataFile(cut)).rejects.toThrow(/cut\.csv\.gz": gzip cannot unpack it/);
    const plain = await write("plain.jsonl.gz", rows);
    await expect(readDataFile(plain)).rejects.toThrow(expect.objectContaining({ code: "DATA_UNREADABLE_FILE" }));
  });

  it("larger than one piece is read whole, with characters over the pieces' borders", async () => {
    const text = "가나다라마바사".repeat(3000);
    const path = await write("large.jsonl", `{"text": "${text}"}\n{"text": "b"}\n`);
    expect(await readDataFile(path)).toEqual([
      { kind: "text", text },
      { kind: "text", text: "b" },
    ]);
  });

  it("is named in the error about its rows as it was given, as warnings name it", async () => {
    const path = await write("broken.jsonl", '{"text": 1}\n');
    await expect(readDataFile(path)).rejects.toThrow(DataError);
    await expect(readDataFile(path)).rejects.toThrow(`Cannot use "${path}"`);
  });

  it("that is missing causes an error with the data files next to it", async () => {
    const inside = join(folder, "mistyped");
    await mkdir(inside);
    await expect(readDataFile(join(inside, "row.jsonl"))).rejects.toThrow(/row\.jsonl"\.$/);
    await writeFile(join(inside, "rows.jsonl"), "");
    await writeFile(join(inside, "notes.md"), "");
    await expect(readDataFile(join(inside, "row.jsonl"))).rejects.toThrow(
      /Data files in that folder: "rows\.jsonl"\.$/,
    );
  });

  it("that is missing, a folder, too large, of an unknown kind or no UTF-8 gets a typed error", async () => {
    await mkdir(join(folder, "a.jsonl"));
    const cases: readonly (readonly [string, string])[] = [
      [join(folder, "absent.jsonl"), `there is no file at "${join(folder, "absent.jsonl")}"`],
      [join(folder, "a.jsonl"), '" is not a regular file'],
      [await write("rows.arrow", "x"), "its name has no known ending. Expected"],
      [await write("utf16.csv", new Uint8Array([0xff, 0xfe, 0x61, 0])), "UTF-16"],
      [await write("latin1.csv", new Uint8Array([0x74, 0x0a, 0xe9, 0x0a])), "not UTF-8"],
      [await write("cut.jsonl", new Uint8Array([0xea, 0xb0])), "not UTF-8"],
    ];
    for (const [path, reason] of cases) {
      await expect(readDataFile(path)).rejects.toThrow(expect.objectContaining({ code: "DATA_UNREADABLE_FILE" }));
      await expect(readDataFile(path)).rejects.toThrow(reason);
    }
    const sparse = await write("sparse.json", "[");
    await truncate(sparse, 600_000_000);
    await expect(readDataFile(sparse)).rejects.toThrow(expect.objectContaining({ code: "DATA_UNREADABLE_FILE" }));
    await expect(readDataFile(sparse)).rejects.toThrow("Save it as .jsonl, one row per line");
    const small = await write("small.jsonl", '{"text": "a"}\n');
    await expect(readDataFile(small, { maxSize: 5 })).rejects.toThrow("more than 5");
  });
});

describe("the E2E development set", () => {
  it("has 4672 sentences for 547 meaning representations, which a split keeps apart", async () => {
    const path = new URL("../../../../data/e2e/e2e-devset.csv", import.meta.url).pathname;
    const rows = await readDataFile(path, { columns: { prompt: "mr", completion: "ref" } });
    expect(rows).toHaveLength(4672);
    expect(groupReferences(rows)).toHaveLength(547);
    const keyOf = (row: (typeof rows)[number]) => (row.kind === "completion" ? row.prompt : "");
    const { train, validation } = splitByKey(rows, keyOf, { share: 0.1, seed: 42 });
    const trained = new Set(train.map(keyOf));
    expect(validation.filter((row) => trained.has(keyOf(row)))).toEqual([]);
    expect(groupReferences(validation)).toHaveLength(55);
    expect(train.length + validation.length).toBe(4672);
  });
});

describe("bytes that come without a name", () => {
  async function* bytes(...pieces: readonly string[]): AsyncGenerator<Uint8Array> {
    for (const piece of pieces) yield new TextEncoder().encode(piece);
  }

  it.each([
    ["JSONL", ["\n", '{"te', 'xt": "a"}\n']],
    ["a JSON array", ["\uFEFF[", '{"text": "a"}]']],
    ["CSV", ["te", "xt\na\n"]],
    ["TSV", ["id\ttext\n1\ta\n"]],
  ])("are read as %s by how they begin", async (_, pieces) => {
    expect(await readDataFile(bytes(...pieces))).toEqual([{ kind: "text", text: "a" }]);
  });

  it("are refused if they are empty, or Parquet", async () => {
    await expect(readDataFile(bytes())).rejects.toThrow('Cannot read "the input": it has no rows.');
    await expect(readDataFile(bytes("PAR1"), { format: "parquet" })).rejects.toThrow(
      /Parquet cannot be read from a stream\. Save it as a file/,
    );
  });
});

describe("broken rows", () => {
  const text = '{"text": "a"}\n{"text": 1}\nno JSON\n{"text": "b"}\n';

  it("are left out and counted, if there is a listener", async () => {
    const path = await write("some.jsonl", text);
    const heard: DataError[] = [];
    const examples = await readDataFile(path, { onBrokenRows: (error) => heard.push(error) });
    expect(examples).toEqual(["a", "b"].map((each) => ({ kind: "text", text: each })));
    expect(heard).toMatchObject([{ file: path, count: 2, problems: [{ row: 2 }, { row: 3 }] }]);
  });

  it("are an error without a listener, and if there are no other rows", async () => {
    await expect(readDataFile(await write("some.jsonl", text))).rejects.toThrow(/2 lines are broken/);
    const path = await write("all.jsonl", '{"text": 1}\n');
    await expect(readDataFile(path, { onBrokenRows: () => {} })).rejects.toThrow(DataError);
  });
});

describe("streamDataFile", () => {
  it("yields the first rows before the last are read", async () => {
    const rows = `${'{"text": "a"}\n'.repeat(20_000)}{"text": 1}\n`;
    const path = await write("long.jsonl", rows);
    for await (const example of streamDataFile(path)) {
      expect(example).toEqual({ kind: "text", text: "a" });
      break;
    }
    await expect(readDataFile(path)).rejects.toThrow(/1 line is broken/);
  });
});
