import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { inScratchFolder } from "../test-files/scratch-folder.ts";
import { joinPieces } from "../writing/write.ts";
import { atOnce, writePieces } from "./write-file-atomic.ts";

it("writes more pieces than one system call accepts, including empty ones", () =>
  inScratchFolder(async (folder) => {
    const pieces = Array.from({ length: 1500 }, (_, index) => new Uint8Array(index % 7).fill(index % 251));
    await writePieces(join(folder, "file"), pieces);
    expect(new Uint8Array(await readFile(join(folder, "file")))).toEqual(joinPieces(pieces));
  }));

it("passes no more bytes to a system call than it can write", () => {
  const pieces = [Uint8Array.of(1, 2), Uint8Array.of(3, 4, 5), Uint8Array.of(6)];
  expect(atOnce(pieces, 4).map((piece) => [...piece])).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(atOnce(pieces, 5)).toHaveLength(2);
  expect(atOnce(pieces)).toEqual(pieces);
});

it("writes nothing over a file that is there", () =>
  inScratchFolder(async (folder) => {
    await writePieces(join(folder, "file"), [Uint8Array.of(1)]);
    await expect(writePieces(join(folder, "file"), [Uint8Array.of(2)])).rejects.toThrow(/EEXIST/);
    expect([...(await readFile(join(folder, "file")))]).toEqual([1]);
  }));
