import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

import { findDataFiles } from "./find-data-files.ts";

let folder: string;
const names = [
  "a.jsonl",
  "b.jsonl",
  "b.csv",
  "[c].jsonl",
  ".hidden.jsonl",
  "d*.jsonl",
  "in/a.jsonl",
  "in/deep/e.jsonl",
];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lowrank-find-"));
  await mkdir(join(folder, "in/deep"), { recursive: true });
  for (const name of names) await writeFile(join(folder, name), "");
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  ["a.jsonl", ["a.jsonl"]],
  ["missing.jsonl", ["missing.jsonl"]],
  ["*.jsonl", ["[c].jsonl", "a.jsonl", "b.jsonl", "d*.jsonl"]],
  ["?.*", ["a.jsonl", "b.csv", "b.jsonl"]],
  ["d*.jsonl", ["d*.jsonl"]],
  [".h*", [".hidden.jsonl"]],
  ["**/*.jsonl", ["[c].jsonl", "a.jsonl", "b.jsonl", "d*.jsonl", "in/a.jsonl", "in/deep/e.jsonl"]],
  ["in/**/e.*", ["in/deep/e.jsonl"]],
  ["*/a.jsonl", ["in/a.jsonl"]],
])("%s names %j", async (pattern, expected) => {
  const found = await findDataFiles(join(folder, pattern));
  expect(found.map((path) => path.slice(folder.length + 1))).toEqual(expected);
});

it("a pattern that nothing matches is an error that names it", async () => {
  await expect(findDataFiles(join(folder, "*.parquet"))).rejects.toThrow(
    expect.objectContaining({ code: "DATA_UNREADABLE_FILE" }),
  );
});
