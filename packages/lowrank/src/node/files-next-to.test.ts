import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { filesNextTo } from "./files-next-to.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lowrank-beside-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it("finds a tokenizer next to a .gguf file without any config.json", async () => {
  const files = filesNextTo(join(folder, "model.gguf"));
  expect(await files.has("tokenizer.json")).toBe(false);
  await writeFile(join(folder, "tokenizer.json"), "{}");
  expect(await files.has("tokenizer.json")).toBe(true);
  expect(await files.readText("tokenizer.json", { maxBytes: 2 })).toBe("{}");
});

it("reads no more than it is allowed to", async () => {
  await writeFile(join(folder, "tokenizer.json"), "12345");
  const reading = filesNextTo(join(folder, "model.gguf")).readText("tokenizer.json", { maxBytes: 4 });
  await expect(reading).rejects.toMatchObject({ code: "FILE_TOO_LARGE", bytes: 5, limit: 4 });
});
