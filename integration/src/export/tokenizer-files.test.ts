// The tokenizer that an exported folder gets: its base's, or another folder's in its place.

import "@tensorflow/tfjs-backend-cpu";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportModel } from "@lowrank/merge";
import { diskFolder, writeModelFolder } from "@lowrank/merge/node";
import { loadModel, type PretrainedModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

describe("the tokenizer of an exported model", () => {
  let folder: string;
  let model: PretrainedModel;
  const path = (...parts: readonly string[]) => join(folder, ...parts);
  const files = async (name: string, contents: Readonly<Record<string, string>>) => {
    await mkdir(path(name), { recursive: true });
    for (const [file, text] of Object.entries(contents)) await writeFile(path(name, file), text);
    return path(name);
  };

  beforeEach(async () => {
    await tf.setBackend("cpu");
    folder = await mkdtemp(join(tmpdir(), "lowrank-tokenizer-"));
    const base = openFolder(join(fixturesRoot, "gpt2", "base"));
    for (const file of ["config.json", "model.safetensors"]) {
      const source = await base.open(file);
      await mkdir(path("base"), { recursive: true });
      await writeFile(path("base", file), await source.read(0, source.size));
      await source.close?.();
    }
    await files("base", { "tokenizer.json": "base", "merges.txt": "base", "generation_config.json": "base" });
    await files("base", { "preprocessor_config.json": "base", "processor_config.json": "base" });
    await files("adapter", { "tokenizer.json": "adapter", "chat_template.jinja": "adapter", "README.md": "adapter" });
    await files("adapter", { "generation_config.json": "adapter", LICENSE: "adapter" });
    model = await loadModel(openFolder(path("base")));
  });
  afterEach(async () => {
    model.dispose();
    await rm(folder, { recursive: true });
  });

  it("come from the adapter's folder if it has some, without its other files", async () => {
    await writeModelFolder(path("merged"), { model, sourceFolder: path("base"), tokenizerFolder: path("adapter") });
    const text = (file: string) => readFile(path("merged", file), "utf8");
    expect((await readdir(path("merged"))).sort()).toEqual([
      ".lowrank.json",
      "chat_template.jinja",
      "config.json",
      "generation_config.json",
      "merges.txt",
      "model.safetensors",
      "preprocessor_config.json",
      "processor_config.json",
      "tokenizer.json",
    ]);
    expect([await text("tokenizer.json"), await text("chat_template.jinja")]).toEqual(["adapter", "adapter"]);
    expect([await text("merges.txt"), await text("generation_config.json")]).toEqual(["base", "base"]);
  });

  it("is there for a base that is no folder, too", async () => {
    const written = await exportModel(model, { source: { config: {} }, tokenizer: diskFolder(path("adapter")) });
    expect([...written.keys()].sort()).toEqual([
      "chat_template.jinja",
      "config.json",
      "model.safetensors",
      "tokenizer.json",
    ]);
  });
});
