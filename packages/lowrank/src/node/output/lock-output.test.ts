import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { processIdentity } from "@lowrank/safetensors/internal/node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockOutput } from "./lock-output.ts";

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lowrank-lock-"));
  out = join(folder, "run");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The path of the lock of `out`. */
async function lockPath(): Promise<string> {
  const release = await lockOutput(out);
  const [name = ""] = await readdir(folder);
  await release();
  return join(folder, name);
}

/** Leaves a lock as a run would that is not this one. */
async function leave(holder: object | string, silentMinutes = 0): Promise<string> {
  const path = await lockPath();
  await writeFile(path, typeof holder === "string" ? holder : JSON.stringify(holder));
  const last = new Date(Date.now() - silentMinutes * 60_000);
  await utimes(path, last, last);
  return path;
}

/** The id of a process that has ended. */
const endedProcess = () => spawnSync(process.execPath, ["-e", ""]).pid;

const here = { host: hostname(), run: "another", identity: null };
const inUse = { code: "OUTPUT_IN_USE" };

describe("lockOutput", () => {
  it("lets one run have an output, names that run, and leaves nothing behind", async () => {
    const release = await lockOutput(out);
    await expect(lockOutput(out)).rejects.toMatchObject({ ...inUse, pid: process.pid, host: hostname(), path: out });
    await expect(lockOutput(join(folder, ".", "run"))).rejects.toMatchObject(inUse);
    await (await lockOutput(join(folder, "another")))();
    await release();
    expect(await readdir(folder)).toEqual([]);
    await (await lockOutput(out))();
  });

  it("lets only one of many simultaneous runs have it", async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => lockOutput(out)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("takes over the lock of a killed process, only once if many try", async () => {
    await leave({ ...here, pid: endedProcess() });
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => lockOutput(out)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await readdir(folder)).toHaveLength(1);
  });

  it("takes over even if a process was killed while it did so", async () => {
    const lock = await leave({ ...here, pid: endedProcess() });
    await mkdir(`${lock}-taken`);
    const before = new Date(Date.now() - 60_000);
    await utimes(`${lock}-taken`, before, before);
    await (await lockOutput(out))();
    expect(await readdir(folder)).toEqual([]);
  });

  it("takes over if the process's id now belongs to another one", async () => {
    const identity = await processIdentity(process.pid);
    if (identity === undefined) return expect(process.platform).not.toBe("linux");
    await leave({ ...here, pid: process.pid, identity: "an earlier boot 17" });
    await (await lockOutput(out))();
    await leave({ ...here, pid: process.pid, identity }, 600);
    await expect(lockOutput(out)).rejects.toMatchObject(inUse);
  });

  it("trusts a process on another machine for ten minutes after its last renewal", async () => {
    const there = { ...here, host: "elsewhere", pid: endedProcess() };
    await leave(there, 9);
    await expect(lockOutput(out)).rejects.toMatchObject({ ...inUse, host: "elsewhere" });
    await rm(folder, { recursive: true });
    await mkdir(folder);
    await leave(there, 11);
    await (await lockOutput(out))();
  });

  it("waits, on request, for a process on another machine until it counts as gone, or renews its lock", async () => {
    const there = { ...here, host: "elsewhere", pid: endedProcess() };
    const waits: unknown[] = [];
    const onWait = ({ host }: { readonly host: string }, { seconds }: { readonly seconds: number }) =>
      waits.push([host, seconds]);
    await leave(there, 10 - 2 / 60);
    await (await lockOutput(out, { onWait }))();
    expect(waits).toEqual([["elsewhere", 2]]);
    const lock = await leave(there, 5);
    const refused = expect(lockOutput(out, { onWait })).rejects.toMatchObject({ ...inUse, host: "elsewhere" });
    await setTimeout(100);
    await utimes(lock, new Date(), new Date());
    await refused;
    expect(waits).toHaveLength(2);
  });

  it.each(["", "{", '{"pid": "1"}', '{"pid": -1, "host": "x", "run": "y"}', "x".repeat(5000)])(
    "waits with an unreadable lock, and takes it over once it cannot be one that is being written: %#",
    async (text) => {
      await leave(text);
      await expect(lockOutput(out)).rejects.toMatchObject({ ...inUse, pid: undefined });
      await rm(folder, { recursive: true });
      await mkdir(folder);
      await leave(text, 1);
      await (await lockOutput(out))();
      expect(await readdir(folder)).toEqual([]);
    },
  );

  const obstacles: readonly (readonly [string, (path: string) => unknown])[] = [
    ["a link that leads nowhere", (path) => symlink("nowhere", path)],
    ["a link to itself", (path) => symlink(path, path)],
    ["a folder with something in it", (path) => mkdir(join(path, "inside"), { recursive: true })],
    ...(process.platform === "win32" ? [] : [["a pipe", (path: string) => spawnSync("mkfifo", [path])] as const]),
  ];
  it.each(obstacles)("names %s at the lock's path, and does not remove it", async (_, make) => {
    const lock = await lockPath();
    await make(lock);
    await expect(lockOutput(out)).rejects.toMatchObject({ code: "OUTPUT_LOCK_BLOCKED", path: out, lock });
    expect(await readdir(folder)).toHaveLength(1);
  });

  it.each(obstacles)("names %s at the path where runs agree who removes a stale lock", async (_, make) => {
    const guard = `${await leave({ ...here, pid: endedProcess() })}-taken`;
    await make(guard);
    // As old as a guard whose maker was killed; waiting for that would take ten seconds.
    const now = Date.now;
    Date.now = () => now() + 60_000;
    try {
      await expect(lockOutput(out)).rejects.toMatchObject({ code: "OUTPUT_LOCK_BLOCKED", path: out, lock: guard });
    } finally {
      Date.now = now;
    }
    expect(await readdir(folder)).toHaveLength(2);
  });

  it("does not remove a lock that is another run's by now", async () => {
    const release = await lockOutput(out);
    const [name = ""] = await readdir(folder);
    const other = JSON.stringify({ ...here, pid: process.pid });
    await writeFile(join(folder, name), other);
    await release();
    expect(await readFile(join(folder, name), "utf8")).toBe(other);
  });
});
