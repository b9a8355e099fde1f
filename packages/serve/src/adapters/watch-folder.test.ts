// Tests with a folder of adapters that changes.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Registry, WatchedFolder } from "./watch-folder.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lowrank-watch-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function adapter(name: string, config: string): Promise<void> {
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, "adapter_model.safetensors"), "");
  await writeFile(join(folder, name, "adapter_config.json"), config);
}

it("finds changes during a check in one more check, shared by all callers", async () => {
  const put: string[] = [];
  let readOn = () => {};
  const slowly = new Promise<void>((resolve) => {
    readOn = resolve;
  });
  const registry: Registry = {
    put: (id) => (put.push(id) > 1 ? Promise.resolve() : slowly),
    remove: (id) => put.push(`${id} is gone`) > 0,
  };
  const watched = new WatchedFolder(registry, { folder, onNote: () => {} });
  await adapter("one", "{}");
  const first = watched.look();
  await expect.poll(() => put).toEqual(["one"]);
  await adapter("one", "{ }");
  await adapter("two", "{}");
  const [second, third] = [watched.look(), watched.look()];
  expect(third).toBe(second);
  readOn();
  await first;
  expect(watched.look()).toBe(second); // which has not begun yet
  await second;
  expect(put.sort()).toEqual(["one", "one", "two"]);
  await rm(join(folder, "two"), { recursive: true });
  await watched.look();
  expect(put.at(-1)).toBe("two is gone");
});

it("checks again after a check that failed", async () => {
  const put: string[] = [];
  const notes: string[] = [];
  const registry: Registry = { put: async (id) => void put.push(id), remove: () => false };
  const watched = new WatchedFolder(registry, { folder: join(folder, "later"), onNote: (line) => notes.push(line) });
  const [failing, next] = [watched.look(), watched.look()];
  await expect(failing).rejects.toThrow("ENOENT");
  await expect(next).rejects.toThrow("ENOENT");
  await adapter(join("later", "three\nfour"), "{}");
  await watched.look();
  expect(put).toEqual(["three\nfour"]);
  expect(notes).toEqual(['adapter "three\\nfour" is served']);
});
