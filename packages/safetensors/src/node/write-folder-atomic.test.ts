import { spawnSync } from "node:child_process";
import { chmod, lstat, mkdir, readdir, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LowrankError } from "@lowrank/contracts";
import { describe, expect, it } from "vitest";
import { faultyFileSystem } from "../test-files/faulty-file-system.ts";
import { caught, fill, filled, makeOld, never, old } from "../test-files/old-and-new-folder.ts";
import { contentsOf, inScratchFolder } from "../test-files/scratch-folder.ts";
import { DiskFullError, FileWriteError } from "./errors.ts";
import { nodeFileSystem } from "./file-system.ts";
import { writeFileAtomic } from "./write-file-atomic.ts";
import { writeFolderAtomic } from "./write-folder-atomic.ts";

describe("writeFolderAtomic", () => {
  it("makes a folder, and fills an empty one", () =>
    inScratchFolder(async (folder) => {
      await writeFolderAtomic(join(folder, "out"), fill);
      expect(await contentsOf(folder)).toEqual(filled);
      await mkdir(join(folder, "empty"));
      await writeFolderAtomic(join(folder, "empty"), fill);
      expect(await contentsOf(join(folder, "empty"))).toEqual({ "config.json": "{}", "sub/weights": "new" });
    }));

  it("can be filled with writeFileAtomic", () =>
    inScratchFolder(async (folder) => {
      await writeFolderAtomic(join(folder, "out"), (inside) => writeFileAtomic(join(inside, "a"), "1"));
      expect(await contentsOf(folder)).toEqual({ "out/a": "1" });
    }));

  it("names the folder, not its temporary name, if a file inside cannot be written", () =>
    inScratchFolder(async (folder) => {
      const out = join(folder, "out");
      const full = (inside: string) =>
        writeFileAtomic(join(inside, "weights"), "new", { fileSystem: faultyFileSystem({ call: 5, code: "ENOSPC" }) });
      const error = await caught(writeFolderAtomic(out, full));
      expect(error).toBeInstanceOf(DiskFullError);
      expect(error).toMatchObject({ path: out });
      expect(await contentsOf(folder)).toEqual({});
    }));

  it("syncs files as Windows wants it, open for writing", () =>
    inScratchFolder(async (folder) => {
      const openForReading = async (path: string) => ({
        ...(await nodeFileSystem.openForReading(path)),
        sync: () =>
          Promise.reject(Object.assign(new Error("EPERM: operation not permitted, fsync"), { code: "EPERM" })),
      });
      const readOnly = async (inside: string) => {
        await fill(inside);
        await chmod(join(inside, "config.json"), 0o444);
      };
      await writeFolderAtomic(join(folder, "out"), readOnly, { fileSystem: { ...nodeFileSystem, openForReading } });
      expect(await contentsOf(folder)).toEqual(filled);
    }));

  it("makes the folders above it", () =>
    inScratchFolder(async (folder) => {
      await writeFolderAtomic(join(folder, "runs", "today", "out"), fill);
      expect(Object.keys(await contentsOf(join(folder, "runs", "today")))).toEqual(Object.keys(filled));
    }));

  it("refuses a folder with files, or a file, unless overwrite is set", () =>
    inScratchFolder(async (folder) => {
      await makeOld(folder);
      await writeFile(join(folder, "file"), "old");
      await expect(writeFolderAtomic(join(folder, "out"), fill)).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
      await expect(writeFolderAtomic(join(folder, "file"), fill)).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
      expect(await contentsOf(folder)).toEqual({ ...old, file: "old" });
    }));

  it("replaces a folder as a whole with overwrite", () =>
    inScratchFolder(async (folder) => {
      await makeOld(folder);
      await writeFolderAtomic(join(folder, "out"), fill, { overwrite: true });
      expect(await contentsOf(folder)).toEqual(filled);
    }));

  it("replaces a folder whose name leaves no room for a temporary one", () =>
    inScratchFolder(async (folder) => {
      const name = "n".repeat(255);
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, "weights"), "old");
      await writeFolderAtomic(join(folder, name), (inside) => writeFile(join(inside, "weights"), "new"), {
        overwrite: true,
      });
      expect(await contentsOf(folder)).toEqual({ [`${name}/weights`]: "new" });
    }));

  it.skipIf(process.platform === "win32").each(["file", "pipe", "circle"])(
    "never replaces a %s (skipped on Windows: no mkfifo)",
    (kind) =>
      inScratchFolder(async (folder) => {
        const path = join(folder, "out");
        if (kind === "file") await writeFile(path, "somebody's");
        if (kind === "pipe") spawnSync("mkfifo", [path]);
        if (kind === "circle") await symlink(path, path);
        const before = await lstat(path);
        await expect(writeFolderAtomic(path, fill, { overwrite: true })).rejects.toMatchObject({
          code: "NOT_REPLACEABLE",
        });
        expect((await lstat(path)).ino).toBe(before.ino);
        expect(await readdir(folder)).toEqual(["out"]);
      }),
  );

  it("keeps the permissions of the folder that it replaces or fills", () =>
    inScratchFolder(async (folder) => {
      const out = join(folder, "out");
      await mkdir(out, { mode: 0o700 });
      for (const overwrite of [false, true]) {
        await writeFolderAtomic(out, fill, { overwrite });
        expect((await stat(out)).mode & 0o777).toBe(0o700);
      }
    }));

  it("writes a link's target (nothing yet, an empty folder, an old one) and keeps the link", () =>
    inScratchFolder(async (folder) => {
      const link = join(folder, "link");
      await symlink(join("disk", "run"), link);
      await mkdir(join(folder, "disk"));
      await writeFolderAtomic(link, fill);
      await rm(join(folder, "disk", "run"), { recursive: true });
      await mkdir(join(folder, "disk", "run"));
      await writeFolderAtomic(link, fill);
      await expect(writeFolderAtomic(link, fill)).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
      await writeFolderAtomic(link, (inside) => writeFile(join(inside, "weights"), "newer"), { overwrite: true });
      expect(await readlink(link)).toBe(join("disk", "run"));
      expect(await contentsOf(join(folder, "disk"))).toEqual({ "run/weights": "newer" });
    }));

  it("never replaces the current folder or one above it", async () => {
    for (const path of [".", process.cwd(), dirname(process.cwd()), "/"]) {
      const error = await caught(writeFolderAtomic(path, fill, { overwrite: true }));
      expect(error).toMatchObject({ code: "PROTECTED_FOLDER" });
    }
  });

  it("never replaces the current folder under another name", () =>
    inScratchFolder(async (folder) => {
      await makeOld(folder);
      await symlink(folder, join(folder, "link"));
      const current = process.cwd();
      process.chdir(join(folder, "out"));
      const error = await caught(writeFolderAtomic(join(folder, "link", "out"), fill, { overwrite: true }));
      process.chdir(current);
      expect(error).toMatchObject({ code: "PROTECTED_FOLDER" });
      expect(await contentsOf(join(folder, "out"))).toEqual({ weights: "old" });
    }));

  it.each([false, true])("is whole when several write it at once (overwrite: %s)", (overwrite) =>
    inScratchFolder(async (folder) => {
      const write = (text: string) =>
        writeFolderAtomic(join(folder, "out"), (inside) => writeFile(join(inside, "weights"), text), { overwrite });
      const errors = (await Promise.all(["1", "2", "3", "4"].map((text) => caught(write(text))))).filter(Boolean);
      expect(errors.map((error) => LowrankError.isInstance(error, "OUTPUT_EXISTS"))).toEqual(
        overwrite ? [] : [true, true, true],
      );
      expect(await contentsOf(folder)).toMatchObject({ "out/weights": expect.stringMatching(/^[1-4]$/) });
      expect(Object.keys(await contentsOf(folder))).toHaveLength(1);
    }),
  );

  it("passes on that filling was stopped", () =>
    inScratchFolder(async (folder) => {
      const stopped = Object.assign(new Error("stopped"), { code: "ABORT_ERR" });
      const filling = writeFolderAtomic(join(folder, "out"), () => Promise.reject(stopped));
      expect(await caught(filling)).toBe(stopped);
    }));

  it("rethrows errors of `fill`, and leaves nothing behind", () =>
    inScratchFolder(async (folder) => {
      await makeOld(folder);
      const broken = async (inside: string) => {
        await fill(inside);
        throw new Error("the model is gone");
      };
      await expect(writeFolderAtomic(join(folder, "out"), broken, { overwrite: true })).rejects.toThrow(
        "the model is gone",
      );
      expect(await contentsOf(folder)).toEqual(old);
    }));

  it("reports that the disk is full when `fill` finds it so", () =>
    inScratchFolder(async (folder) => {
      const full = async () => {
        throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
      };
      await expect(writeFolderAtomic(join(folder, "out"), full)).rejects.toBeInstanceOf(DiskFullError);
      expect(await contentsOf(folder)).toEqual({});
    }));
});

describe("writeFolderAtomic, failing at any call", () => {
  it.each(["absent", "empty", "old"])("leaves the %s output or the whole new one, and nothing else", (before) =>
    inScratchFolder(async (root) => {
      for (let call = 1; ; call += 1) {
        const folder = join(root, `${call}`);
        await mkdir(folder);
        if (before === "empty") await mkdir(join(folder, "out"));
        if (before === "old") await makeOld(folder);
        const fileSystem = faultyFileSystem({ call, code: "EIO" });
        const error = await caught(
          writeFolderAtomic(join(folder, "out"), fill, { overwrite: before === "old", fileSystem }),
        );
        if (call > fileSystem.calls.length) break; // it ended before the fault
        const name = fileSystem.calls[call - 1];
        const contents = await contentsOf(folder);
        if (error === undefined) {
          // Only tidying up may fail silently, at the start or at the end, which leaves the old folder aside; and permissions.
          expect(["list", "remove", "copyMode"], `call ${call}`).toContain(name);
          expect(contents, `call ${call}`).toMatchObject(filled);
        } else {
          expect(error, `call ${call}, ${name}`).toBeInstanceOf(FileWriteError);
          const unchanged = before === "old" ? old : {};
          const mayBeNew = contents["out/sub/weights"] !== undefined;
          if (mayBeNew) expect(contents, `call ${call}, ${name}`).toMatchObject(filled);
          else expect(contents, `call ${call}, ${name}`).toEqual(unchanged);
          if (mayBeNew) expect(name).toBe("syncFolder");
        }
      }
    }),
  );
});

it("counts enough calls for the tests above to mean something", () =>
  inScratchFolder(async (folder) => {
    const fileSystem = faultyFileSystem(never);
    await makeOld(folder);
    await writeFolderAtomic(join(folder, "out"), fill, { overwrite: true, fileSystem });
    expect(fileSystem.calls.length).toBeGreaterThan(20);
  }));
