import { mkdir, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { faultyFileSystem } from "../test-files/faulty-file-system.ts";
import { caught, fill, filled, makeOld, old } from "../test-files/old-and-new-folder.ts";
import { contentsOf, inScratchFolder } from "../test-files/scratch-folder.ts";
import { nodeFileSystem } from "./file-system.ts";
import { writeFolderAtomic } from "./write-folder-atomic.ts";

describe("writeFolderAtomic, with kept entries", () => {
  const keep = (name: string) => name.startsWith("kept");
  const kept = { "out/kept": "mine", "out/kept-folder/deep/er": "mine too" };

  async function makeKept(folder: string): Promise<void> {
    await makeOld(folder);
    await mkdir(join(folder, "out", "kept-folder", "deep"), { recursive: true });
    for (const [name, text] of Object.entries(kept)) await writeFile(join(folder, name), text);
  }

  it("has them in the new folder, by the same inode, and never instead of new ones", () =>
    inScratchFolder(async (folder) => {
      await makeKept(folder);
      await writeFile(join(folder, "out", "kept.json"), "old");
      const before = await stat(join(folder, "out", "kept"));
      const fillMore = async (inside: string) => {
        await fill(inside);
        await writeFile(join(inside, "kept.json"), "new");
      };
      await writeFolderAtomic(join(folder, "out"), fillMore, { overwrite: true, keep });
      expect(await contentsOf(folder)).toEqual({ ...filled, ...kept, "out/kept.json": "new" });
      expect((await stat(join(folder, "out", "kept"))).ino).toBe(before.ino);
    }));

  it("copies on a disk without links, and moves entries that cannot be copied", () =>
    inScratchFolder(async (folder) => {
      await makeKept(folder);
      await symlink("config.json", join(folder, "out", "kept-link"));
      const none = () => Promise.reject(Object.assign(new Error("EPERM: no links here"), { code: "EPERM" }));
      for (const fileSystem of [
        { ...nodeFileSystem, link: none },
        { ...nodeFileSystem, link: none, copy: none },
      ]) {
        await writeFolderAtomic(join(folder, "out"), fill, { overwrite: true, keep, fileSystem });
        expect(await contentsOf(folder)).toMatchObject({ ...filled, ...kept });
        expect(await readlink(join(folder, "out", "kept-link"))).toBe("config.json");
      }
    }));

  it("includes entries that arrive at the last moment", () =>
    inScratchFolder(async (folder) => {
      await makeKept(folder);
      const out = join(folder, "out");
      const rename = async (from: string, to: string) => {
        if (from === out) await writeFile(join(out, "kept-late"), "late");
        return nodeFileSystem.rename(from, to);
      };
      await writeFolderAtomic(out, fill, { overwrite: true, keep, fileSystem: { ...nodeFileSystem, rename } });
      expect(await contentsOf(folder)).toEqual({ ...filled, ...kept, "out/kept-late": "late" });
    }));

  it("loses none of them when any call fails", () =>
    inScratchFolder(async (root) => {
      for (let call = 1; ; call += 1) {
        const folder = join(root, `${call}`);
        await mkdir(folder);
        await makeKept(folder);
        const fileSystem = faultyFileSystem({ call, code: "EIO" });
        await caught(writeFolderAtomic(join(folder, "out"), fill, { overwrite: true, keep, fileSystem }));
        if (call > fileSystem.calls.length) break; // it ended before the fault
        const contents = await contentsOf(folder);
        const isNew = contents["out/sub/weights"] !== undefined;
        const where = `call ${call}, ${fileSystem.calls[call - 1]}`;
        expect(contents, where).toMatchObject({ ...(isNew ? filled : old), ...kept });
      }
    }));
});
