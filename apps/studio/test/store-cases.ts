// Tests for every store: in Node for memory, in a page for the disk.

import { beforeEach, expect, it } from "vitest";
import type { Store } from "../src/storage/store.ts";
import { readJsonFile, writeJsonFile } from "../src/storage/store.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);
const isText = (value: unknown): value is string => typeof value === "string";

export function storeCases(open: () => Promise<Store>): void {
  let store: Store;

  beforeEach(async () => {
    store = await open();
    for (const name of await store.list("")) await store.remove(name);
  });

  it("gives back what was written, and a later writing in its place", async () => {
    await store.write("a/b/file", bytes(1, 2, 3));
    expect(await store.read("a/b/file")).toEqual(bytes(1, 2, 3));
    await store.write("a/b/file", bytes(4));
    expect(await store.read("a/b/file")).toEqual(bytes(4));
  });

  it("says undefined of what is not there, also in a folder that is not", async () => {
    await store.write("a/file", bytes(1));
    expect(await store.read("a/other")).toBeUndefined();
    expect(await store.read("no/such/file")).toBeUndefined();
  });

  it("lists files and folders of one folder, sorted, and nothing of one that is not there", async () => {
    for (const path of ["runs/2/b", "runs/2/a", "runs/1/a", "rows.json"]) await store.write(path, bytes(1));
    expect(await store.list("runs")).toEqual(["1", "2"]);
    expect(await store.list("runs/2")).toEqual(["a", "b"]);
    expect(await store.list("")).toEqual(["rows.json", "runs"]);
    expect(await store.list("none")).toEqual([]);
  });

  it("removes a file alone, or a folder with all that is in it, and minds nothing that is gone", async () => {
    for (const path of ["runs/1/a", "runs/1/b", "runs/10/a"]) await store.write(path, bytes(1));
    await store.remove("runs/1/a");
    expect(await store.list("runs/1")).toEqual(["b"]);
    await store.remove("runs/1");
    await store.remove("runs/1");
    expect(await store.list("runs")).toEqual(["10"]);
  });

  it("keeps copies, whatever becomes of the bytes that were given or read", async () => {
    const given = bytes(1);
    await store.write("file", given);
    given[0] = 2;
    const read = await store.read("file");
    read?.fill(3);
    expect(await store.read("file")).toEqual(bytes(1));
  });

  it("reads facts that it wrote as JSON, and takes broken or strange ones for none", async () => {
    await writeJsonFile(store, "facts.json", "hello");
    expect(await readJsonFile(store, "facts.json", isText)).toBe("hello");
    await writeJsonFile(store, "facts.json", 1);
    expect(await readJsonFile(store, "facts.json", isText)).toBeUndefined();
    await store.write("facts.json", new TextEncoder().encode('"hel'));
    expect(await readJsonFile(store, "facts.json", isText)).toBeUndefined();
  });
}
