import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { inScratchFolder } from "../test-files/scratch-folder.ts";
import { joinPieces } from "../write.ts";
import { writePieces } from "./write-pieces.ts";

it("writes more pieces than one system call takes, empty ones among them", () =>
  inScratchFolder(async (folder) => {
    const pieces = Array.from({ length: 1500 }, (_, index) => new Uint8Array(index % 7).fill(index % 251));
    await writePieces(join(folder, "file"), pieces);
    expect(new Uint8Array(await readFile(join(folder, "file")))).toEqual(joinPieces(pieces));
  }));

it("writes nothing over a file that is there", () =>
  inScratchFolder(async (folder) => {
    await writePieces(join(folder, "file"), [Uint8Array.of(1)]);
    await expect(writePieces(join(folder, "file"), [Uint8Array.of(2)])).rejects.toThrow(/EEXIST/);
    expect([...(await readFile(join(folder, "file")))]).toEqual([1]);
  }));
