import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { float32Tensor, serializeSafetensors } from "@lowrank/safetensors";
import { listedNames } from "@lowrank/safetensors/internal/node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLoraConfig } from "../config/create-lora-config.ts";

import type { Adapter } from "../lora-config.ts";
import { readAdapterFolder, writeAdapterFolder } from "./adapter-folder.ts";

const adapter: Adapter = {
  config: { ...createLoraConfig({ rank: 1, targetModules: ["q"] }), inferenceMode: true },
  tensors: new Map([
    ["q.lora_A.weight", { shape: [1, 2], values: Float32Array.of(1, 2) }],
    ["q.lora_B.weight", { shape: [3, 1], values: Float32Array.of(3, 4, 5) }],
  ]),
  metadata: new Map(),
};

const files = ["README.md", "adapter_config.json", "adapter_model.safetensors"];

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "lowrank-adapter-"));
});
afterEach(() => rm(root, { recursive: true }));

describe("an adapter's folder", () => {
  it("has three files and their list, and can be read again", async () => {
    const folder = join(root, "adapter");
    await writeAdapterFolder(folder, adapter);
    expect((await readdir(folder)).sort()).toEqual([".lowrank.json", ...files]);
    expect(await listedNames(folder)).toEqual(new Set(files));
    expect(await readAdapterFolder(folder)).toEqual(adapter);
  });

  it("is not changed if it exists, unless overwrite is set, which keeps other files", async () => {
    const folder = join(root, "adapter");
    await mkdir(folder);
    await writeFile(join(folder, "mine.txt"), "mine");
    await expect(writeAdapterFolder(folder, adapter)).rejects.toThrow(
      expect.objectContaining({ code: "OUTPUT_EXISTS" }),
    );
    expect(await readdir(folder)).toEqual(["mine.txt"]);
    await writeAdapterFolder(folder, adapter, { overwrite: true });
    expect((await readdir(folder)).sort()).toEqual([".lowrank.json", ...files, "mine.txt"]);
    expect(await readdir(root)).toEqual(["adapter"]);
  });

  it("keeps the text that a person wrote into README.md, as PEFT does", async () => {
    const folder = join(root, "adapter");
    await mkdir(folder);
    await writeFile(join(folder, "README.md"), "---\nlicense: mit\n---\n# Mine\n");
    await writeAdapterFolder(folder, adapter, { overwrite: true });
    await writeAdapterFolder(folder, adapter, { overwrite: true });
    const card = await readFile(join(folder, "README.md"), "utf8");
    expect(card).toMatch(/^---\nlicense: mit\nlibrary_name: peft\n[\s\S]*\n---\n# Mine\n$/);
  });

  it.each([
    ["MLX", "adapters.safetensors", "layers.0.q.lora_a"],
    ["torchtune", "adapter_0.pt", "layers.0.attn.q_proj.lora_a.weight"],
    ["torchtune", "adapter_model.pt", "layers.0.attn.q_proj.lora_a.weight"],
    ["torchtune", "renamed.safetensors", "layers.0.attn.q_proj.lora_a.weight"],
    ["litgpt", "lit_model.pth.lora", "transformer.h.0.attn.qkv.lora_A"],
    ["litgpt", "renamed.safetensors", "transformer.h.0.attn.qkv.lora_A"],
  ])("is told from one of %s, whose file may be given by itself", async (format, file, key) => {
    const tensor = float32Tensor([1, 1], Float32Array.of(1));
    await writeFile(join(root, file), serializeSafetensors(new Map([[key, tensor]])));
    for (const path of [root, join(root, file)])
      await expect(readAdapterFolder(path)).rejects.toMatchObject({
        code: "FOREIGN_ADAPTER",
        format,
        file: join(root, file),
      });
  });

  it("is distinguished from llama.cpp's file", async () => {
    await writeFile(join(root, "lora.gguf"), "GGUF");
    await expect(readAdapterFolder(join(root, "lora.gguf"))).rejects.toThrow(
      "lora.gguf is in the format of llama.cpp (GGUF)",
    );
  });

  it("is not made if the adapter is broken", async () => {
    const broken = { ...adapter, tensors: new Map([...adapter.tensors].slice(1)) };
    await expect(writeAdapterFolder(join(root, "adapter"), broken)).rejects.toThrow(
      expect.objectContaining({ code: "INVALID_ADAPTER_TENSORS" }),
    );
    expect(await readdir(root)).toEqual([]);
  });

  it("is the same to the byte when written twice", async () => {
    await writeAdapterFolder(join(root, "one"), adapter);
    await writeAdapterFolder(join(root, "two"), adapter);
    for (const name of await readdir(join(root, "one")))
      expect(Buffer.compare(await readFile(join(root, "one", name)), await readFile(join(root, "two", name)))).toBe(0);
  });
});

describe("a folder that is no adapter", () => {
  it("is named together with the file that it lacks", async () => {
    await expect(readAdapterFolder(join(root, "nowhere"))).rejects.toThrow(
      expect.objectContaining({ code: "ADAPTER_FILE_MISSING" }),
    );
    await expect(readAdapterFolder(root)).rejects.toThrow("it has no adapter_config.json");
    await writeFile(join(root, "adapter_config.json"), "{}");
    await expect(readAdapterFolder(root)).rejects.toThrow("it has no adapter_model.safetensors");
  });

  it("suggests where the adapter probably is, by the layouts of common trainers", async () => {
    for (const name of ["checkpoint-500", "checkpoint-1000", "global_step500"]) await mkdir(join(root, name));
    await expect(readAdapterFolder(root)).rejects.toThrow('2 folders in it: take "checkpoint-1000", the last one.');
    await rm(join(root, "checkpoint-500"), { recursive: true });
    await rm(join(root, "checkpoint-1000"), { recursive: true });
    await expect(readAdapterFolder(root)).rejects.toThrow("DeepSpeed's global_step folders");
    await rm(join(root, "global_step500"), { recursive: true });
    await writeFile(join(root, "config.json"), "{}");
    await expect(readAdapterFolder(root)).rejects.toThrow("It has a whole model");
  });

  it("with weights in a pickle is refused with a way out", async () => {
    await writeFile(join(root, "adapter_config.json"), "{}");
    await writeFile(join(root, "adapter_model.bin"), "PK");
    await writeFile(join(root, "adapter_model.pt"), "PK"); // torchtune keeps its own beside it
    await expect(readAdapterFolder(root)).rejects.toThrow(expect.objectContaining({ code: "PICKLE_WEIGHTS" }));
  });

  it("names its configuration in errors", async () => {
    await writeFile(join(root, "adapter_config.json"), "{}");
    await writeFile(join(root, "adapter_model.safetensors"), "");
    await expect(readAdapterFolder(root)).rejects.toThrow(`${root}/adapter_config.json`);
  });
});
