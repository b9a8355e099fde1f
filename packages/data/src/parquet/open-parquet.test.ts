import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { DataError } from "../errors.ts";
import type { Example } from "../example.ts";
import { readDataFile } from "../files/read-data-file.ts";
import { openParquet } from "./open-parquet.ts";

const path = (name: string) => fileURLToPath(new URL(`../../fixtures/parquet/${name}.parquet`, import.meta.url));

const bytesOf = async (name: string): Promise<ArrayBuffer> => Uint8Array.from(await readFile(path(name))).buffer;

describe("a Parquet file", () => {
  it.each(["none", "snappy", "gzip", "brotli", "zstd", "lz4"])(
    "packed by %s is read, group by group",
    async (codec) => {
      expect(await readDataFile(path(codec))).toEqual([
        { kind: "completion", prompt: "1 + 1 =", completion: " 2" },
        { kind: "completion", prompt: "안녕 ->", completion: " hello" },
        { kind: "completion", prompt: "a ->", completion: " b" },
      ]);
    },
  );

  it("may be in memory, and has its columns before its rows are read", async () => {
    const table = await openParquet(await bytesOf("snappy"));
    expect(table).toMatchObject({ columns: ["prompt", "completion", "picture"], rows: 3 });
    const examples: Example[] = [];
    const columns = { text: "completion" };
    for await (const example of table.examples({ columns })) examples.push(example);
    expect(examples).toEqual([" 2", " hello", " b"].map((text) => ({ kind: "text", text })));
  });

  it("returns 64-bit integers, lists and records as JSON has them", async () => {
    expect(await readDataFile(path("tokens"))).toEqual([
      { kind: "tokens", inputIds: [1, 2, 3], labels: [-100, 2, 3], attentionMask: [1, 1, 1] },
    ]);
    expect(await readDataFile(path("messages"))).toMatchObject([
      { kind: "chat", messages: [{}, { content: "Hello" }] },
    ]);
    expect(await readDataFile(path("labels"))).toMatchObject([{ label: 1 }, { label: 0 }]);
  });

  it("with rows of an unknown form is refused with its columns", async () => {
    const columns = { prompt: "prompt", completion: "answer" };
    const error = await readDataFile(path("none"), { columns }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DataError);
    expect(error).toMatchObject({ count: 3, problems: [{ row: 1, more: 2 }] });
    expect(String(error)).toContain('the columns "answer", got the keys "prompt", "completion", "picture"');
  });

  it("that is another file, truncated or too large is refused", async () => {
    const whole = await bytesOf("zstd");
    for (const bytes of [new ArrayBuffer(0), new ArrayBuffer(100), whole.slice(0, 200)]) {
      await expect(openParquet(bytes)).rejects.toThrow(expect.objectContaining({ code: "DATA_UNREADABLE_FILE" }));
    }
    await expect(openParquet(whole, { maxSize: 100 })).rejects.toThrow(/unpacks to \d+ bytes, more than 100/);
    await expect(readDataFile(path("none"), { maxRows: 2 })).rejects.toThrow("more than 2 rows");
  });

  // A page without a size; a column that the schema lacks; pages that cannot be decompressed.
  it.each(["hang", "gzip", "lz4"])("that was made to end or stop the process (%s) is refused as a file", (name) =>
    expect(readDataFile(path(`hostile/${name}`))).rejects.toThrow(
      expect.objectContaining({ code: "DATA_UNREADABLE_FILE" }),
    ),
  );

  it("with a damaged page is refused, whatever error its reader throws", async () => {
    for (const name of ["snappy", "gzip", "brotli", "zstd", "lz4"]) {
      const bytes = new Uint8Array(await bytesOf(name));
      bytes.fill(0xff, 30, 60);
      const read = async () => {
        for await (const _ of (await openParquet(bytes.buffer)).examples());
      };
      await expect(read(), name).rejects.toThrow(expect.objectContaining({ code: "DATA_UNREADABLE_FILE" }));
    }
  });
});
