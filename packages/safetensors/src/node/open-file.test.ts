import { execFileSync } from "node:child_process";
import { open, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { float32Tensor } from "../numbers/encode.ts";
import { openSafetensors } from "../reading/open.ts";
import { faultyFileSystem } from "../test-files/faulty-file-system.ts";
import { inScratchFolder } from "../test-files/scratch-folder.ts";
import { serializeSafetensors } from "../writing/write.ts";
import { FileReadError } from "./errors.ts";
import { nodeFileSystem, type OpenFile } from "./file-system.ts";
import { openFile } from "./open-file.ts";

describe("openFile", () => {
  it("reads a safetensors file in ranges", () =>
    inScratchFolder(async (folder) => {
      const path = join(folder, "a.safetensors");
      await writeFile(path, serializeSafetensors(new Map([["w", float32Tensor([2], Float32Array.of(1, 2))]])));
      const file = await openSafetensors(await openFile(path));
      expect([...(await file.readFloat32("w"))]).toEqual([1, 2]);
      await file.close();
      await expect(file.readFloat32("w")).rejects.toBeInstanceOf(FileReadError);
    }));

  it("reads beyond 4 GiB", () =>
    inScratchFolder(async (folder) => {
      const path = join(folder, "sparse");
      const handle = await open(path, "w");
      await handle.write(Uint8Array.of(1, 2, 3), 0, 3, 5_000_000_000);
      await handle.close();
      const source = await openFile(path);
      expect(source.size).toBe(5_000_000_003);
      expect([...(await source.read(5_000_000_001, 2))]).toEqual([2, 3]);
      await source.close();
    }));

  it("refuses a range outside the file, whatever its length claims, without allocating it", () =>
    inScratchFolder(async (folder) => {
      const path = join(folder, "small");
      await writeFile(path, "abc");
      const source = await openFile(path);
      for (const [offset, length] of [
        [0, 2 ** 50],
        [4, 0],
        [-1, 1],
        [0.5, 1],
        [0, Number.NaN],
      ] as const) {
        await expect(source.read(offset, length)).rejects.toMatchObject({ code: "InvalidRange" });
      }
      await source.close();
    }));

  it("notices a file that became shorter", () =>
    inScratchFolder(async (folder) => {
      const path = join(folder, "shrinking");
      await writeFile(path, "abcdef");
      const source = await openFile(path);
      await truncate(path, 3);
      await expect(source.read(2, 4)).rejects.toMatchObject({ code: "IncompleteRead", file: path });
      await source.close();
    }));

  it("reports a missing file", () =>
    inScratchFolder(async (folder) => {
      const error = await openFile(join(folder, "absent")).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(FileReadError);
      expect(error).toMatchObject({ systemCode: "ENOENT", message: expect.stringContaining("there is no such file") });
    }));

  it("reports that more bytes than a machine's memory cannot be read at once", async () => {
    const size = 2 ** 50;
    const file = { size: async () => ({ bytes: size, isFile: true }), close: async () => {} } as OpenFile;
    const source = await openFile("sparse", { fileSystem: { ...nodeFileSystem, openForReading: async () => file } });
    await expect(source.read(0, size)).rejects.toThrow(FileReadError);
    await expect(source.read(0, size)).rejects.toThrow(`${size} bytes of it do not fit into memory`);
  });

  it("refuses a folder", () =>
    inScratchFolder(async (folder) => {
      await expect(openFile(folder)).rejects.toThrow("not a regular file");
    }));

  it.skipIf(process.platform === "win32")("refuses a named pipe instead of waiting for its writer", () =>
    inScratchFolder(async (folder) => {
      const path = join(folder, "pipe");
      execFileSync("sh", ["-c", 'mkfifo "$0"', path]);
      await expect(openFile(path)).rejects.toThrow("not a regular file");
    }),
  );

  it("throws a typed error when the disk fails at any call", () =>
    inScratchFolder(async (folder) => {
      const path = join(folder, "file");
      await writeFile(path, "abc");
      for (let call = 1; call <= 3; call += 1) {
        const fileSystem = faultyFileSystem({ call, code: "EIO" });
        const work = openFile(path, { fileSystem }).then(async (source) => {
          await source.read(0, 3).finally(() => source.close());
        });
        await expect(work, `call ${call}`).rejects.toMatchObject({ code: "FILE_READ_FAILED", systemCode: "EIO" });
      }
    }));
});
