import { existsSync } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { nodeFileSystem } from "./file-system.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lowrank-folders-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("makes a folder with all above it, also twice and at the same time", async () => {
  const path = join(folder, "a", "b", "c");
  await Promise.all([nodeFileSystem.makeFolders(path), nodeFileSystem.makeFolders(path)]);
  await nodeFileSystem.makeFolders(path);
  expect((await stat(path)).isDirectory()).toBe(true);
});

it("fails if a file is in the way", async () => {
  await writeFile(join(folder, "file"), "");
  await expect(nodeFileSystem.makeFolders(join(folder, "file"))).rejects.toThrow(/EEXIST/);
  await expect(nodeFileSystem.makeFolders(join(folder, "file", "a"))).rejects.toThrow(/ENOTDIR|EEXIST/);
});

it("ends below /proc, where Node's own recursion does not", async ({ skip }) => {
  if (!existsSync("/proc/self")) skip("there is no /proc here");
  await expect(nodeFileSystem.makeFolders("/proc/lowrank/a")).rejects.toThrow(/ENOENT/);
});
