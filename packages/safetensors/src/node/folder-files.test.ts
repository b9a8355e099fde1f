import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inScratchFolder } from "../test-files/scratch-folder.ts";
import { type FolderFiles, type FolderProblem, folderFiles } from "./folder-files.ts";

class Refused extends Error {
  constructor(readonly problem: FolderProblem) {
    super(`${problem.file}: ${problem.reason}`);
  }
}

const limits = { maxBytes: 10 };
const filesOf = (path: string) => folderFiles(path, (problem) => new Refused(problem));

/** A folder "model" with the file "a", beside a file that is none of its own. */
function inModelFolder(work: (files: FolderFiles, root: string) => Promise<void>): Promise<void> {
  return inScratchFolder(async (root) => {
    await mkdir(join(root, "model"));
    await writeFile(join(root, "model", "a"), "text");
    await writeFile(join(root, "secret"), "secret");
    await work(filesOf(join(root, "model")), root);
  });
}

describe("the files of a folder", () => {
  it("are listed, found, read as text and opened", () =>
    inModelFolder(async (files) => {
      expect([await files.list(), await files.has("a"), await files.has("b")]).toEqual([["a"], true, false]);
      expect(await files.readText("a", limits)).toBe("text");
      const source = await files.open("a");
      expect([...(await source.read(1, 2))]).toEqual([101, 120]);
      await source.close?.();
    }));

  it("are listed without folders", () =>
    inModelFolder(async (files, root) => {
      await mkdir(join(root, "model", "LICENSES"));
      expect(await files.list()).toEqual(["a"]);
      await expect(filesOf(join(root, "secret")).list()).rejects.toThrow(/it is not a readable folder/);
    }));

  it("are never left, by a path or by a link", () =>
    inModelFolder(async (files, root) => {
      await symlink(join(root, "secret"), join(root, "model", "link"));
      for (const name of ["../secret", "a/b", "..", ".", "", "a\\b", "nul\0", "x".repeat(256)]) {
        await expect(files.open(name), name).rejects.toThrow(/plain file name/);
      }
      for (const read of [() => files.has("link"), () => files.open("link"), () => files.readText("link", limits)]) {
        await expect(read()).rejects.toThrow(/link: it is a link to ".*secret", outside the folder/);
      }
    }));

  it("may be links to the blobs of the hub's cache", () =>
    inScratchFolder(async (root) => {
      const snapshot = join(root, "snapshots", "abc");
      await mkdir(snapshot, { recursive: true });
      await mkdir(join(root, "blobs"));
      await writeFile(join(root, "blobs", "123"), "{}");
      await symlink(join("..", "..", "blobs", "123"), join(snapshot, "config.json"));
      expect(await filesOf(snapshot).readText("config.json", limits)).toBe("{}");
    }));

  it("may be such links in a subfolder, but not next to the blobs", () =>
    inScratchFolder(async (root) => {
      const adapter = join(root, "snapshots", "abc", "adapter");
      await mkdir(adapter, { recursive: true });
      await mkdir(join(root, "blobs"));
      await writeFile(join(root, "blobs", "123"), "{}");
      await writeFile(join(root, "secret"), "{}");
      await symlink(join("..", "..", "..", "blobs", "123"), join(adapter, "config.json"));
      await symlink(join("..", "..", "..", "secret"), join(adapter, "secret.json"));
      expect(await filesOf(adapter).readText("config.json", limits)).toBe("{}");
      await expect(filesOf(adapter).readText("secret.json", limits)).rejects.toThrow(/outside the folder/);
    }));

  it("are refused by the caller's own error if they are missing, too large or no text", () =>
    inModelFolder(async (files, root) => {
      await expect(files.open("b")).rejects.toMatchObject({ problem: { file: "b", reason: "there is no such file" } });
      await expect(files.readText("a", { maxBytes: 3 })).rejects.toThrow(/4 bytes, more than 3/);
      await writeFile(join(root, "model", "bytes"), Uint8Array.of(0xff, 0xfe));
      await expect(files.readText("bytes", limits)).rejects.toThrow(/not UTF-8/);
      await expect(filesOf(join(root, "absent")).list()).rejects.toBeInstanceOf(Refused);
    }));
});
