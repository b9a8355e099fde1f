import { execFileSync, spawn } from "node:child_process";
import { mkdir, readdir, rename, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { contentsOf, inScratchFolder } from "../test-files/scratch-folder.ts";
import { nodeFileSystem } from "./file-system.ts";
import { temporaryPath, tidyUpTemporaries } from "./temporary-path.ts";
import { writeFolderAtomic } from "./write-folder-atomic.ts";

/** The process id of a program that has ended. */
function deadProcess(): number {
  return Number(execFileSync("node", ["-p", "process.pid"], { encoding: "utf8" }));
}

/** A temporary path as another process would have named it. */
async function pathOf(
  target: string,
  purpose: "unfinished" | "replaced",
  change: { pid?: number; host?: string; identity?: string },
): Promise<string> {
  const parts = basename(await temporaryPath(target, purpose)).split("-");
  if (change.host !== undefined) parts[2] = change.host;
  if (change.pid !== undefined) parts[3] = String(change.pid);
  if (change.identity !== undefined) parts[4] = change.identity;
  return join(target, "..", parts.join("-"));
}

/** Leaves a folder as it is between the two renames of a replacement. */
async function stepAside(target: string, maker: Parameters<typeof pathOf>[2]): Promise<string> {
  const room = await pathOf(target, "replaced", maker);
  await mkdir(room);
  await rename(target, join(room, basename(target)));
  return room;
}

describe("tidyUpTemporaries", () => {
  it("removes the leftovers of a dead process, files and folders, but not the work of a living one", () =>
    inScratchFolder(async (folder) => {
      const target = join(folder, "out");
      const pid = deadProcess();
      const alive = await pathOf(target, "unfinished", {});
      await writeFile(alive, "in progress");
      await writeFile(await pathOf(target, "unfinished", { pid }), "left over");
      await mkdir(await pathOf(target, "unfinished", { pid }));
      await writeFile(join(folder, ".lowrank-unfinished-notes"), "a user's own file");
      await tidyUpTemporaries(folder, nodeFileSystem);
      expect((await readdir(folder)).sort()).toEqual([basename(alive), ".lowrank-unfinished-notes"].sort());
    }));

  it("does not touch another machine's work for a day", () =>
    inScratchFolder(async (folder) => {
      const path = await pathOf(join(folder, "out"), "unfinished", { host: "00000000", pid: deadProcess() });
      await writeFile(path, "perhaps in progress");
      await tidyUpTemporaries(folder, nodeFileSystem);
      expect(await readdir(folder)).toEqual([basename(path)]);
      const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
      await utimes(path, twoDaysAgo, twoDaysAgo);
      await tidyUpTemporaries(folder, nodeFileSystem);
      expect(await readdir(folder)).toEqual([]);
    }));

  it("recognizes leftovers of an earlier process with the same id, as in a container", () =>
    inScratchFolder(async (folder) => {
      const [target, other] = [join(folder, "out"), join(folder, "other")];
      await mkdir(target);
      await stepAside(target, { identity: "unknown" });
      await writeFile(await pathOf(other, "unfinished", { identity: "unknown" }), "half");
      await tidyUpTemporaries(folder, nodeFileSystem);
      expect(await readdir(folder)).toHaveLength(2);
      const aDay = 86_400_000; // as if this process had started then
      await tidyUpTemporaries(folder, nodeFileSystem, Date.now() + aDay);
      expect(await readdir(folder)).toEqual(["out"]);
    }));

  it("recognizes leftovers of a process whose id now belongs to another program", () =>
    inScratchFolder(async (folder) => {
      const target = join(folder, "out");
      // If the system cannot tell processes apart, a running id is trusted for a day.
      if ((await temporaryPath(target, "unfinished")).includes("-unknown-"))
        return expect(process.platform).not.toBe("linux");
      await mkdir(target);
      for (const pid of [process.pid, process.ppid]) {
        await stepAside(target, { pid, identity: "00000000" });
        await writeFile(await pathOf(target, "unfinished", { pid, identity: "00000000" }), "half");
        await tidyUpTemporaries(folder, nodeFileSystem);
        expect(await readdir(folder)).toEqual(["out"]);
      }
    }));

  it("restores what another machine moved aside after ten minutes", () =>
    inScratchFolder(async (folder) => {
      const target = join(folder, "out");
      await mkdir(target);
      const aside = await stepAside(target, { host: "00000000" });
      const in9Minutes = Date.now() + 9 * 60_000;
      await tidyUpTemporaries(folder, nodeFileSystem, in9Minutes);
      expect(await readdir(folder)).toEqual([basename(aside)]);
      await tidyUpTemporaries(folder, nodeFileSystem, in9Minutes + 2 * 60_000);
      expect(await readdir(folder)).toEqual(["out"]);
    }));

  it("leaves a folder that another machine just moved aside, however old it is", () =>
    inScratchFolder(async (folder) => {
      const target = join(folder, "out");
      await mkdir(target);
      const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
      await utimes(target, twoDaysAgo, twoDaysAgo);
      const aside = await stepAside(target, { host: "00000000" });
      await tidyUpTemporaries(folder, nodeFileSystem);
      expect(await readdir(folder)).toEqual([basename(aside)]);
    }));

  it("puts a replaced folder back if its successor never arrived, and else removes it", () =>
    inScratchFolder(async (folder) => {
      const target = join(folder, "out-1");
      await mkdir(target);
      await writeFile(join(target, "weights"), "old");
      await stepAside(target, { pid: deadProcess() });
      await tidyUpTemporaries(folder, nodeFileSystem);
      expect(await contentsOf(folder)).toEqual({ "out-1/weights": "old" });
      const room = await pathOf(target, "replaced", { pid: deadProcess() });
      await mkdir(join(room, "out-1"), { recursive: true });
      await tidyUpTemporaries(folder, nodeFileSystem);
      expect(await readdir(folder)).toEqual(["out-1"]);
    }));

  it("puts a replaced folder back even if other leftovers cannot be removed", () =>
    inScratchFolder(async (folder) => {
      const target = join(folder, "out");
      await mkdir(target);
      await stepAside(target, { pid: deadProcess() });
      await writeFile(await pathOf(join(folder, "another"), "unfinished", { pid: deadProcess() }), "half");
      const list = async (path: string) => [...(await nodeFileSystem.list(path))].sort().reverse(); // the unfinished one first
      const remove = async (path: string) => {
        if (path.includes("unfinished")) throw new Error("permission denied");
        await nodeFileSystem.remove(path);
      };
      await tidyUpTemporaries(folder, { ...nodeFileSystem, list, remove });
      expect(await readdir(folder)).toContain("out");
    }));
});

it("after a kill in the middle the old output is whole, and the next run removes the remains", () =>
  inScratchFolder(async (folder) => {
    const out = join(folder, "out");
    await writeFolderAtomic(out, (inside) => writeFile(join(inside, "weights"), "old"));
    await killedWhileFilling(out);
    expect((await readdir(folder)).length).toBe(2);
    expect(await contentsOf(out)).toEqual({ weights: "old" });
    await writeFolderAtomic(out, (inside) => writeFile(join(inside, "weights"), "new"), { overwrite: true });
    expect(await contentsOf(folder)).toEqual({ "out/weights": "new" });
  }));

/** Starts a program that replaces `out`, and kills it once it has written half of its files. */
async function killedWhileFilling(out: string): Promise<void> {
  const program = `
    import { writeFileSync } from "node:fs";
    import { writeFolderAtomic } from ${JSON.stringify(join(import.meta.dirname, "write-folder-atomic.ts"))};
    await writeFolderAtomic(${JSON.stringify(out)}, async (inside) => {
      writeFileSync(inside + "/weights", "half");
      process.stdout.write("ready");
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    }, { overwrite: true });`;
  const flags = ["--conditions=lowrank-source", "--import", "tsx", "--input-type=module", "--eval", program];
  const child = spawn("node", flags, { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("exit", resolve));
}
