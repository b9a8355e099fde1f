import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeGgufAdapter } from "@lowrank/adapter-format/gguf";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { openFolder } from "@lowrank/models/node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fixture } from "../cli/end-to-end/workspace.ts";
import { BaseNotFoundError } from "../errors/model-errors.ts";
import { readBaseConfig } from "../open/base-config.ts";
import { findAdapter } from "./find-model.ts";

const context = { notices: { warn: () => undefined }, access: {} };
const base = () => readBaseConfig(openFolder(fixture("llama-gqa", "base")));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lowrank-gguf-adapter-"));
  const adapter = await readAdapterFolder(fixture("llama-gqa", "adapter"));
  await writeFile(join(folder, "lora.gguf"), writeGgufAdapter(adapter, await base()));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each(["lora.gguf", ""])("reads llama.cpp's adapter for a base, by its file or by its folder: %j", async (file) => {
  const found = await findAdapter(join(folder, file), context);
  const { tensors } = await found.read({}, base);
  const { tensors: original } = await readAdapterFolder(fixture("llama-gqa", "adapter"));
  expect(new Map([...tensors].sort())).toEqual(new Map([...original].sort()));
  expect(await found.setup()).toEqual({});
});

it("requires the base of an adapter that names none", async () => {
  const found = await findAdapter(join(folder, "lora.gguf"), context);
  await expect(found.read({})).rejects.toThrow(BaseNotFoundError);
});
