import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { contentsOf, inScratchFolder } from "../test-files/scratch-folder.ts";
import { FileWriteError } from "./errors.ts";
import { type FileSystem, nodeFileSystem } from "./file-system.ts";
import { writeFileAtomic } from "./write-file-atomic.ts";
import { writeFolderAtomic } from "./write-folder-atomic.ts";

/** Refuses the first renames of each path, as Windows does while a virus scanner looks at it. */
function busyFileSystem(code: string, refusals: number): FileSystem & { renames: number } {
  const left = new Map<string, number>();
  const system = {
    ...nodeFileSystem,
    renames: 0,
    rename: async (...[from, to, options]: Parameters<FileSystem["rename"]>) => {
      system.renames += 1;
      const more = left.get(from) ?? refusals;
      left.set(from, more - 1);
      if (more > 0) throw Object.assign(new Error(`${code}: made up, rename`), { code });
      return nodeFileSystem.rename(from, to, options);
    },
  };
  return system;
}

describe("a rename that is refused for a moment", () => {
  it.each(["EPERM", "EACCES", "EBUSY"])("is tried again: %s", (code) =>
    inScratchFolder(async (folder) => {
      const fileSystem = busyFileSystem(code, 3);
      await writeFile(join(folder, "out"), "old");
      await mkdir(join(folder, "run"));
      await writeFile(join(folder, "run", "weights"), "old");
      await writeFileAtomic(join(folder, "out"), "new", { overwrite: true, fileSystem });
      await writeFileAtomic(join(folder, "fresh"), "new", { fileSystem });
      const fill = (inside: string) => writeFile(join(inside, "weights"), "new");
      await writeFolderAtomic(join(folder, "run"), fill, { overwrite: true, fileSystem });
      expect(await contentsOf(folder)).toEqual({ fresh: "new", out: "new", "run/weights": "new" });
      expect(fileSystem.renames).toBe(16); // four times of: a file, a new file, a folder aside, a folder in its place
    }),
  );

  it("fails with the system's reason if it is always refused, and keeps the old output", () =>
    inScratchFolder(async (folder) => {
      await writeFile(join(folder, "out"), "old");
      const fileSystem = busyFileSystem("EBUSY", 100);
      const attempt = writeFileAtomic(join(folder, "out"), "new", { overwrite: true, fileSystem });
      const error: unknown = await attempt.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(FileWriteError);
      expect(error).toMatchObject({ systemCode: "EBUSY" });
      expect([fileSystem.renames, await contentsOf(folder)]).toEqual([7, { out: "old" }]);
    }));

  it("is not tried again for another reason", () =>
    inScratchFolder(async (folder) => {
      const fileSystem = busyFileSystem("EROFS", 1);
      await expect(writeFileAtomic(join(folder, "out"), "new", { fileSystem })).rejects.toThrow("EROFS");
      expect(fileSystem.renames).toBe(1);
    }));
});
