import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLoraConfig } from "@lowrank/adapter-format";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { attachAdapter, injectAdapter, partsOf, planInjection } from "@lowrank/inject";
import { exportModel, mergeAdapter } from "@lowrank/merge";
import { writeModelFolder } from "@lowrank/merge/node";
import { filesFolder, loadModel, type PretrainedModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { serializeSafetensors } from "@lowrank/safetensors";
import { parseSafetensors } from "@lowrank/safetensors/internal";
import { nodeFileSystem } from "@lowrank/safetensors/internal/node";
import { fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

const baseOf = (name: string) => join(fixturesRoot, name, "base");

describe("an exported model", () => {
  let folder: string;
  let output: string;

  beforeAll(() => tf.setBackend("cpu"));
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "lowrank-export-"));
    output = join(folder, "merged");
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** A fixture's base with its adapter merged in. */
  const mergedModel = async (name: string, tied: "refuse" | "untie" = "refuse") => {
    const model = await loadModel(openFolder(baseOf(name)));
    const handle = attachAdapter(model, await readAdapterFolder(join(fixturesRoot, name, "adapter")));
    const adapted = logits(model, "default");
    const merged = await mergeAdapter(model, handle, { tied });
    return { model, merged, adapted, dispose: () => [handle.dispose(), model.dispose()] };
  };

  const logits = (model: PretrainedModel, ...names: string[]): Float32Array =>
    tf.tidy(() => {
      const inputIds = tf.tensor2d([5, 17, 33, 2, 64, 8], [2, 3], "int32");
      const decoderInputIds = model.task === "sequence-to-sequence" ? { decoderInputIds: inputIds } : {};
      return Float32Array.from(
        model.forward({ inputIds, ...decoderInputIds }, inferenceContext(activeAdapters(...names))).dataSync(),
      );
    });

  const reloaded = async (path: string): Promise<Float32Array> => {
    const model = await loadModel(openFolder(path));
    const values = logits(model);
    model.dispose();
    return values;
  };

  const largest = (one: Float32Array, other: Float32Array) =>
    one.reduce((max, value, index) => Math.max(max, Math.abs(value - other[index]!)), 0);

  const tensorsOf = async (path: string) => {
    const file = parseSafetensors(await readFile(path));
    return new Map([...file.tensors.keys()].map((name) => [name, file.tensors.get(name)!]));
  };

  it.each(["gpt2", "llama-gqa", "llama-gqa-tied", "bert-seqcls", "patterns"])(
    "%s computes what the adapted model did, under the base's own names",
    async (name) => {
      const { model, adapted, dispose } = await mergedModel(name);
      await writeModelFolder(output, { model, sourceFolder: baseOf(name) });
      expect(largest(await reloaded(output), adapted)).toBeLessThan(1e-5);
      const [ours, base] = [
        await tensorsOf(join(output, "model.safetensors")),
        await tensorsOf(join(baseOf(name), "model.safetensors")),
      ];
      expect([...ours.keys()].sort()).toEqual([...base.keys()].sort());
      for (const [key, { shape, dtype }] of base) expect(ours.get(key)).toMatchObject({ shape, dtype });
      dispose();
    },
  );

  it.each(["gpt2", "llama-gqa", "llama-gqa-tied", "bert-seqcls", "roberta-mlm", "t5", "bart", "sharded", "bf16-base"])(
    "%s with a longer vocabulary, or a shorter one, is the model that it was before it was written",
    async (name) => {
      for (const [size, dtype] of [
        [107, "F32"],
        [70, "as-base"],
      ] as const) {
        const base = await loadModel(openFolder(baseOf(name)));
        const model = base.withVocabulary(size);
        base.dispose();
        await writeModelFolder(output, { model, sourceFolder: baseOf(name), dtype, overwrite: true });
        const config = JSON.parse(await readFile(join(output, "config.json"), "utf8"));
        expect(config.vocab_size).toBe(size);
        const again = await loadModel(openFolder(output));
        expect(largest(logits(again), logits(model))).toBe(0);
        expect(again.resizedFrom).toBeUndefined();
        for (const one of [model, again]) one.dispose();
      }
    },
  );

  it("leaves out a tied head's own copy in the base's file if it would keep the old table", async () => {
    const base = parseSafetensors(await readFile(join(baseOf("gpt2"), "model.safetensors")));
    const names = [...base.tensors.keys()];
    const table = names.find((key) => key.endsWith("wte.weight"))!;
    const entries = [...names.map((key) => [key, key] as const), ["lm_head.weight", table] as const];
    const tensors = new Map(
      entries.map(([name, key]) => [name, { ...base.tensors.get(key)!, data: base.bytes(key) }] as const),
    );
    const files = new Map([
      ["config.json", await readFile(join(baseOf("gpt2"), "config.json"))],
      ["model.safetensors", serializeSafetensors(tensors)],
    ]);
    const source = filesFolder("both", files);
    const model = await loadModel(source);
    const config = createLoraConfig({ rank: 1, targetModules: ["c_attn"], trainableTokenIndices: [5] });
    const handle = injectAdapter(model, planInjection(model, config), { seed: 1 });
    for (const { variable } of partsOf(handle, "token-rows")) variable.assign(tf.fill(variable.shape, 0.5));
    await mergeAdapter(model, handle);
    const written = await exportModel(model, { source });
    const again = await loadModel(filesFolder("written", written));
    expect(largest(logits(again), logits(model))).toBe(0);
    for (const one of [handle, model, again]) one.dispose();
  });

  it("keeps the base's shards, and writes a correct index", async () => {
    const { model, adapted, dispose } = await mergedModel("sharded");
    await writeModelFolder(output, { model, sourceFolder: baseOf("sharded") });
    expect((await readdir(output)).sort()).toEqual([".lowrank.json", ...(await readdir(baseOf("sharded"))).sort()]);
    expect(largest(await reloaded(output), adapted)).toBeLessThan(1e-5);
    dispose();
  });

  it("writes the computed weights in F32 if the base is BF16", async () => {
    const { model, adapted, dispose } = await mergedModel("bf16-base");
    await writeModelFolder(output, { model, sourceFolder: baseOf("bf16-base") });
    expect(largest(await reloaded(output), adapted)).toBeLessThan(1e-5);
    dispose();
  });

  it("keeps every unchanged weight byte for byte in the base's own type, if that is requested", async () => {
    const { model, merged, dispose } = await mergedModel("bf16-base");
    await writeModelFolder(output, { model, sourceFolder: baseOf("bf16-base"), dtype: "as-base" });
    const ours = parseSafetensors(await readFile(join(output, "model.safetensors")));
    const base = parseSafetensors(await readFile(join(baseOf("bf16-base"), "model.safetensors")));
    expect(ours.metadata).toEqual(new Map([["format", "pt"]]));
    for (const [name, { dtype }] of base.tensors) {
      expect(ours.tensors.get(name)?.dtype).toBe(dtype);
      const isSame = Buffer.compare(Buffer.from(ours.bytes(name)), Buffer.from(base.bytes(name))) === 0;
      expect([name, isSame]).toEqual([name, !merged.changed.includes(name)]);
    }
    dispose();
  });

  it("writes the requested type and names it in config.json", async () => {
    const { model, adapted, dispose } = await mergedModel("bf16-base");
    await writeModelFolder(output, { model, sourceFolder: baseOf("bf16-base"), dtype: "F32" });
    expect(JSON.parse(await readFile(join(output, "config.json"), "utf8"))).toMatchObject({ dtype: "float32" });
    expect(largest(await reloaded(output), adapted)).toBeLessThan(1e-5);
    dispose();
  });

  it("gives a tied head its own weight if the merge untied it", async () => {
    const model = await loadModel(openFolder(baseOf("llama-gqa-tied")));
    const adapter = await readAdapterFolder(join(fixturesRoot, "llama-gqa-tied", "adapter"));
    const values = (size: number) => Float32Array.from({ length: size }, (_, index) => Math.sin(index));
    const headOnly = {
      metadata: new Map(),
      config: { ...adapter.config, targetModules: ["lm_head"], rank: 2 },
      tensors: new Map([
        ["lm_head.lora_A.weight", { shape: [2, 32], values: values(64) }],
        ["lm_head.lora_B.weight", { shape: [100, 2], values: values(200) }],
      ]),
    };
    const handle = attachAdapter(model, headOnly);
    const adapted = logits(model, "default");
    await mergeAdapter(model, handle, { tied: "untie" });
    await writeModelFolder(output, { model, sourceFolder: baseOf("llama-gqa-tied") });
    expect(JSON.parse(await readFile(join(output, "config.json"), "utf8"))).toMatchObject({
      tie_word_embeddings: false,
    });
    expect(largest(await reloaded(output), adapted)).toBeLessThan(1e-5);
    handle.dispose();
    model.dispose();
  });

  it("keeps the bias of a head that the merge untied, under the name that it then has", async () => {
    const name = "bert-decoder-saved";
    const base = join(fixturesRoot, "../family-features", name, "base");
    const model = await loadModel(openFolder(base));
    const adapter = await readAdapterFolder(join(base, "../adapter"));
    const handle = attachAdapter(model, adapter);
    const adapted = logits(model, "default");
    await mergeAdapter(model, handle, { tied: "untie" });
    await writeModelFolder(output, { model, sourceFolder: base });
    const tensors = await tensorsOf(join(output, "model.safetensors"));
    expect(tensors.has("cls.predictions.decoder.bias")).toBe(true);
    expect(largest(await reloaded(output), adapted)).toBeLessThan(1e-5);
    handle.dispose();
    model.dispose();
  });

  it("has the classifier that was made new, and a configuration that names it", async () => {
    const task = "sequence-classification" as const;
    const llama = await loadModel(openFolder(baseOf("llama-gqa")), { task, numLabels: 3, newHead: { seed: 7 } });
    const before = logits(llama);
    await writeModelFolder(output, { model: llama, sourceFolder: baseOf("llama-gqa") });
    expect(JSON.parse(await readFile(join(output, "config.json"), "utf8"))).toMatchObject({
      architectures: ["LlamaForSequenceClassification"],
      id2label: { 0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2" },
    });
    expect(largest(await reloaded(output), before)).toBe(0);
    llama.dispose();
  });

  it("is the same in memory as on disk", async () => {
    const { model, dispose } = await mergedModel("sharded");
    await writeModelFolder(output, { model, sourceFolder: baseOf("sharded") });
    const files = await exportModel(model, { source: openFolder(baseOf("sharded")) });
    for (const [name, bytes] of files) expect(Buffer.from(bytes).equals(await readFile(join(output, name)))).toBe(true);
    dispose();
  });

  it("needs no folder when the configuration is given", async () => {
    const { model, adapted, dispose } = await mergedModel("gpt2");
    const config: Record<string, unknown> = JSON.parse(await readFile(join(baseOf("gpt2"), "config.json"), "utf8"));
    await writeModelFolder(output, { model, sourceFolder: { config } });
    expect(largest(await reloaded(output), adapted)).toBeLessThan(1e-5);
    dispose();
  });

  it("refuses to replace its own base, or a folder with other files", async () => {
    const { model, dispose } = await mergedModel("gpt2");
    const source = baseOf("gpt2");
    await expect(
      writeModelFolder(`${source}/../base/`, { model, sourceFolder: source, overwrite: true }),
    ).rejects.toThrow(expect.objectContaining({ code: "OUTPUT_IS_SOURCE" }));
    await writeFile(join(folder, "kept.txt"), "kept");
    await expect(writeModelFolder(folder, { model, sourceFolder: source })).rejects.toMatchObject({
      code: "OUTPUT_EXISTS",
    });
    expect(await readdir(folder)).toEqual(["kept.txt"]);
    dispose();
  });

  it("leaves no partial file if F16 cannot store a weight", async () => {
    const { model, dispose } = await mergedModel("gpt2");
    const site = model.sites().find(({ kind }) => kind === "linear")!;
    const huge = await loadModel(openFolder(baseOf("gpt2")));
    const adapter = await readAdapterFolder(join(fixturesRoot, "gpt2", "adapter"));
    const loud = new Map(
      [...adapter.tensors].map(([key, { shape, values }]) => [
        key,
        { shape, values: values.map((value) => value * 1e4) },
      ]),
    );
    const handle = attachAdapter(huge, { ...adapter, tensors: loud });
    await mergeAdapter(huge, handle);
    const writing = writeModelFolder(output, { model: huge, sourceFolder: baseOf("gpt2"), dtype: "F16" });
    await expect(writing).rejects.toThrow(expect.objectContaining({ code: "EXPORT_OVERFLOW" }));
    await expect(writing).rejects.toMatchObject({ tensor: `${site.path}.weight`, dtype: "F16" });
    expect(await readdir(folder)).toEqual([]);
    handle.dispose();
    huge.dispose();
    dispose();
  });

  it("leaves no partial file if the disk is full", async () => {
    const { model, dispose } = await mergedModel("gpt2");
    const fileSystem = {
      ...nodeFileSystem,
      create: async (path: string) => {
        const file = await nodeFileSystem.create(path);
        const write = () => Promise.reject(Object.assign(new Error("no space left on device"), { code: "ENOSPC" }));
        return path.includes("safetensors") ? { ...file, write } : file;
      },
    };
    await expect(writeModelFolder(output, { model, sourceFolder: baseOf("gpt2"), fileSystem })).rejects.toMatchObject({
      code: "DISK_FULL",
    });
    expect(await readdir(folder)).toEqual([]);
    dispose();
  });

  it("is refused for a folder that is not the model's", async () => {
    const { model, dispose } = await mergedModel("gpt2");
    await expect(writeModelFolder(output, { model, sourceFolder: folder })).rejects.toThrow(
      expect.objectContaining({ code: "SOURCE_FOLDER" }),
    );
    await expect(writeModelFolder(output, { model, sourceFolder: baseOf("llama-gqa") })).rejects.toThrow(
      expect.objectContaining({ code: "SOURCE_FOLDER" }),
    );
    dispose();
  });
});
