import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { contentsOf, inScratchFolder } from "../test-files/scratch-folder.ts";

import { listedNames, writeListedFolder } from "./write-listed-folder.ts";

/** Fills a folder with files of these names. */
function filling(...names: readonly string[]): (folder: string) => Promise<void> {
  return async (folder) => {
    for (const name of names) await writeFile(join(folder, name), `new ${name}`);
  };
}

async function filesIn(folder: string): Promise<Readonly<Record<string, string>>> {
  const { ".lowrank.json": _, ...files } = await contentsOf(folder);
  return files;
}

describe("writeListedFolder", () => {
  it("lists its files, always with the same bytes", () =>
    inScratchFolder(async (folder) => {
      await writeListedFolder(join(folder, "one"), filling("b", "a"));
      await writeListedFolder(join(folder, "two"), filling("a", "b"));
      expect(await listedNames(join(folder, "one"))).toEqual(new Set(["a", "b"]));
      const [one, two] = await Promise.all(["one", "two"].map((name) => readFile(join(folder, name, ".lowrank.json"))));
      expect(one).toEqual(two);
    }));

  it("replaces its earlier files, and keeps a person's files, time after time", () =>
    inScratchFolder(async (folder) => {
      const out = join(folder, "out");
      await writeListedFolder(out, filling("weights-1", "weights-2"));
      await writeFile(join(out, "notes.txt"), "mine");
      await mkdir(join(out, "plots"));
      await writeFile(join(out, "plots", "loss.svg"), "mine too");
      for (const name of ["weights", "weights-3"]) {
        await writeListedFolder(out, filling(name), { overwrite: true });
        expect(await filesIn(out)).toEqual({
          [name]: `new ${name}`,
          "notes.txt": "mine",
          "plots/loss.svg": "mine too",
        });
        expect(await listedNames(out)).toEqual(new Set([name]));
      }
    }));

  it("keeps selected files of its own, and still lists them as its own", () =>
    inScratchFolder(async (folder) => {
      const out = join(folder, "out");
      await writeListedFolder(out, filling("step-1"));
      const keep = (name: string) => name !== "step-1";
      for (const step of [2, 3]) await writeListedFolder(out, filling(`step-${step}`), { overwrite: true, keep });
      expect(await listedNames(out)).toEqual(new Set(["step-2", "step-3"]));
      await writeListedFolder(out, filling("result"), { overwrite: true });
      expect(await filesIn(out)).toEqual({ result: "new result" });
    }));

  it.each([undefined, "", "{", "[]", '{"format": "other", "files": ["config.json"]}', '{"format": "lowrank-folder"}'])(
    "never replaces a folder that has no list of ours, and keeps all of it where it is told to write there: %s",
    (list) =>
      inScratchFolder(async (folder) => {
        await writeFile(join(folder, "config.json"), "a project's");
        await writeFile(join(folder, "main.py"), "import os");
        if (list !== undefined) await writeFile(join(folder, ".lowrank.json"), list);
        const before = await contentsOf(folder);
        const options = { overwrite: true };
        await expect(writeListedFolder(folder, filling("config.json"), options)).rejects.toThrow(
          expect.objectContaining({ code: "NOT_REPLACEABLE" }),
        );
        expect(await contentsOf(folder)).toEqual(before);
        await writeListedFolder(folder, filling("config.json"), { ...options, mayBeUnlisted: true });
        expect(await filesIn(folder)).toEqual({ "config.json": "new config.json", "main.py": "import os" });
      }),
  );

  it("refuses an existing folder unless overwrite is set, and a file even then", () =>
    inScratchFolder(async (folder) => {
      await writeListedFolder(join(folder, "out"), filling("a"));
      await writeFile(join(folder, "file"), "old");
      await symlink("out", join(folder, "link"));
      for (const name of ["out", "link", "file"])
        await expect(writeListedFolder(join(folder, name), filling("b"))).rejects.toThrow(
          expect.objectContaining({ code: "OUTPUT_EXISTS" }),
        );
      const onFile = writeListedFolder(join(folder, "file"), filling("b"), { overwrite: true });
      await expect(onFile).rejects.toThrow(expect.objectContaining({ code: "NOT_REPLACEABLE" }));
      await writeListedFolder(join(folder, "link"), filling("b"), { overwrite: true });
      expect(await filesIn(join(folder, "out"))).toEqual({ b: "new b" });
      expect(await readFile(join(folder, "file"), "utf8")).toBe("old");
    }));
});
