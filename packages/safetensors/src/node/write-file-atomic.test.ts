import { spawnSync } from "node:child_process";
import { chmod, lstat, mkdir, readdir, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LowrankError } from "@lowrank/contracts";
import { describe, expect, it } from "vitest";
import { faultyFileSystem } from "../test-files/faulty-file-system.ts";
import { contentsOf, inScratchFolder } from "../test-files/scratch-folder.ts";
import { DiskFullError, FileWriteError } from "./errors.ts";
import { nodeFileSystem } from "./file-system.ts";
import { writeFileAtomic } from "./write-file-atomic.ts";

const never = { call: 0, code: "" };
const pieces = ["new ", "content", "!"].map((text) => new TextEncoder().encode(text));
const caught = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe("writeFileAtomic", () => {
  it("writes bytes, text and pieces", () =>
    inScratchFolder(async (folder) => {
      await writeFileAtomic(join(folder, "bytes"), new TextEncoder().encode("a"));
      await writeFileAtomic(join(folder, "text"), "ä");
      await writeFileAtomic(join(folder, "pieces"), pieces);
      await writeFileAtomic(join(folder, "empty"), []);
      expect(await contentsOf(folder)).toEqual({ bytes: "a", text: "ä", pieces: "new content!", empty: "" });
    }));

  it("makes missing folders above the file", () =>
    inScratchFolder(async (folder) => {
      await writeFileAtomic(join(folder, "deep", "er", "out"), "new");
      expect(await contentsOf(join(folder, "deep", "er"))).toEqual({ out: "new" });
    }));

  it("refuses an existing path, also a folder, unless overwrite is set", () =>
    inScratchFolder(async (folder) => {
      await writeFile(join(folder, "out"), "old");
      await mkdir(join(folder, "directory"));
      await expect(writeFileAtomic(join(folder, "out"), "new")).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
      await expect(writeFileAtomic(join(folder, "directory"), "new")).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
      expect(await contentsOf(folder)).toEqual({ out: "old" });
      await writeFileAtomic(join(folder, "out"), "new", { overwrite: true });
      expect(await contentsOf(folder)).toEqual({ out: "new" });
    }));

  it("refuses a path that came to exist while it wrote", () =>
    inScratchFolder(async (folder) => {
      const out = join(folder, "out");
      async function* slow() {
        yield new Uint8Array(1);
        await writeFile(out, "somebody else's");
      }
      await expect(writeFileAtomic(out, slow())).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
      expect(await contentsOf(folder)).toEqual({ out: "somebody else's" });
    }));

  it("lets only one of several writers win that write a new file at once", () =>
    inScratchFolder(async (folder) => {
      const out = join(folder, "out");
      const outcomes = await Promise.all(["1", "2", "3"].map((text) => caught(writeFileAtomic(out, text))));
      expect(outcomes.filter((error) => error === undefined)).toHaveLength(1);
      expect(outcomes.filter((error) => LowrankError.isInstance(error, "OUTPUT_EXISTS"))).toHaveLength(2);
      expect(Object.keys(await contentsOf(folder))).toEqual(["out"]);
    }));

  it("supports a name that is too long for a temporary one", () =>
    inScratchFolder(async (folder) => {
      const name = "n".repeat(255);
      await writeFileAtomic(join(folder, name), "new");
      expect(await contentsOf(folder)).toEqual({ [name]: "new" });
    }));

  it("writes no more at once than a system can", () =>
    inScratchFolder(async (folder) => {
      const asked: number[] = [];
      const fileSystem = {
        ...nodeFileSystem,
        create: async (path: string) => ({
          ...(await nodeFileSystem.create(path)),
          write: async (_from: Uint8Array, _offset: number, length: number) => asked.push(length) && length,
        }),
      };
      await writeFileAtomic(join(folder, "out"), new Uint8Array(2 ** 30 + 5), { fileSystem });
      expect(asked).toEqual([2 ** 30, 5]);
    }));

  it("continues after a partial write of the system", () =>
    inScratchFolder(async (folder) => {
      await writeFileAtomic(join(folder, "out"), pieces, { fileSystem: faultyFileSystem(never, 3) });
      expect(await contentsOf(folder)).toEqual({ out: "new content!" });
    }));

  it("rethrows errors of the contents, and leaves nothing behind", () =>
    inScratchFolder(async (folder) => {
      async function* broken() {
        yield new Uint8Array(1);
        throw gone;
      }
      const gone = Object.assign(new Error("the tensor is gone"), { code: "ENOENT" });
      expect(await caught(writeFileAtomic(join(folder, "out"), broken()))).toBe(gone);
      expect(await contentsOf(folder)).toEqual({});
    }));

  it.skipIf(process.platform === "win32").each(["folder", "pipe"])(
    "never replaces a %s (skipped on Windows: no mkfifo)",
    (kind) =>
      inScratchFolder(async (folder) => {
        const path = join(folder, "out");
        if (kind === "folder") await mkdir(path);
        if (kind === "pipe") spawnSync("mkfifo", [path]);
        const before = await lstat(path);
        await expect(writeFileAtomic(path, "new", { overwrite: true })).rejects.toMatchObject({
          code: "NOT_REPLACEABLE",
        });
        expect((await lstat(path)).ino).toBe(before.ino);
        expect(await readdir(folder)).toEqual(["out"]);
      }),
  );

  it("keeps the permissions of the file that it replaces", () =>
    inScratchFolder(async (folder) => {
      const out = join(folder, "out");
      await writeFile(out, "old");
      await chmod(out, 0o640);
      await writeFileAtomic(out, "new", { overwrite: true });
      expect([(await stat(out)).mode & 0o777, await contentsOf(folder)]).toEqual([0o640, { out: "new" }]);
    }));

  it("writes a link's target, existing or not, and keeps the link", () =>
    inScratchFolder(async (folder) => {
      await mkdir(join(folder, "disk"));
      await writeFile(join(folder, "disk", "old"), "old");
      for (const name of ["old", "new"]) {
        const link = join(folder, `link-${name}`);
        await symlink(join("disk", name), link);
        await symlink(link, join(folder, `link-to-${name}`));
        await writeFileAtomic(join(folder, `link-to-${name}`), "through", { overwrite: true });
        expect(await readlink(link)).toBe(join("disk", name));
      }
      expect(await contentsOf(join(folder, "disk"))).toEqual({ new: "through", old: "through" });
      await expect(writeFileAtomic(join(folder, "link-old"), "no")).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
    }));

  it("replaces a link that leads in a circle", () =>
    inScratchFolder(async (folder) => {
      const out = join(folder, "out");
      await symlink(out, out);
      await expect(writeFileAtomic(out, "no")).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
      await writeFileAtomic(out, "new", { overwrite: true });
      expect(await contentsOf(folder)).toEqual({ out: "new" });
    }));

  it("reports that the disk is full", () =>
    inScratchFolder(async (folder) => {
      for (const code of ["ENOSPC", "EDQUOT"]) {
        const fileSystem = faultyFileSystem({ call: 5, code });
        const error = await caught(writeFileAtomic(join(folder, "out"), pieces, { fileSystem }));
        expect(error).toBeInstanceOf(DiskFullError);
        expect(error).toMatchObject({ code: "DISK_FULL", systemCode: code, path: join(folder, "out") });
      }
    }));

  it("throws the system's reason when the folder is a file", () =>
    inScratchFolder(async (folder) => {
      await writeFile(join(folder, "file"), "old");
      const error = await caught(writeFileAtomic(join(folder, "file", "out"), "x", { overwrite: true }));
      expect(error).toBeInstanceOf(FileWriteError);
      expect(error).toMatchObject({ systemCode: "EEXIST" });
    }));
});

describe("writeFileAtomic, failing at any call", () => {
  /** Writes over an old output, or a new one, with a fault at each call in turn, until one run ends before its fault. */
  async function forEachCall(
    options: { readonly before: "absent" | "old"; readonly lasting: boolean },
    check: (outcome: {
      name: string;
      error: unknown;
      contents: Readonly<Record<string, string>>;
      where: string;
    }) => void,
  ): Promise<number> {
    return inScratchFolder(async (root) => {
      for (let call = 1; ; call += 1) {
        const folder = join(root, `${call}`);
        await mkdir(folder);
        if (options.before === "old") await writeFile(join(folder, "out"), "old");
        const fileSystem = faultyFileSystem({ call, lasting: options.lasting, code: "EIO" }, 5);
        const overwrite = options.before === "old";
        const error = await caught(writeFileAtomic(join(folder, "out"), pieces, { overwrite, fileSystem }));
        const name = fileSystem.calls[call - 1];
        if (name === undefined) return call - 1;
        check({ name, error, contents: await contentsOf(folder), where: `call ${call}, ${name}` });
      }
    });
  }

  it.each(["absent", "old"] as const)(
    "leaves the %s output or the whole new one, and no temporary file",
    async (before) => {
      const calls = await forEachCall({ before, lasting: false }, ({ name, error, contents, where }) => {
        const isInPlace = error === undefined || name === "syncFolder";
        const unchanged = before === "old" ? { out: "old" } : {};
        expect(contents, where).toEqual(isInPlace ? { out: "new content!" } : unchanged);
        // Tidying up after others is the only thing that may fail without a word.
        // Permissions are kept where the system lets us.
        if (name === "list" || name === "copyMode") expect(error, where).toBeUndefined();
        else expect(error, where).toBeInstanceOf(FileWriteError);
      });
      expect(calls).toBeGreaterThan(8);
    },
  );

  it("leaves the old output whole even if nothing works from some call on", async () => {
    await forEachCall({ before: "old", lasting: true }, ({ name, contents, where }) => {
      expect(contents.out, where).toBe(name === "syncFolder" ? "new content!" : "old");
    });
  });
});
