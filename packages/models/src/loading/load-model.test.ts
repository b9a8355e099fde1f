import type { weightMismatchError } from "../errors.ts";
import "@tensorflow/tfjs-backend-cpu";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InvalidConfigError } from "@lowrank/contracts/families";
import { float32Tensor, serializeSafetensors, type TensorData } from "@lowrank/safetensors";
import { parseSafetensors } from "@lowrank/safetensors/internal";
import { fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { HeadMissingError, ModelTooLargeError } from "../errors.ts";
import { filesFolder } from "../folder/files-folder.ts";
import { fingerprint, loadModel } from "./load-model.ts";

type Tensors = Map<string, TensorData>;
type Config = Record<string, unknown>;

/** A fixture's base in memory, with its config and tensors changed. */
async function changed(name: string, change: (tensors: Tensors, config: Config) => void) {
  const base = join(fixturesRoot, name, "base");
  const file = parseSafetensors(await readFile(join(base, "model.safetensors")));
  const tensors: Tensors = new Map(
    [...file.tensors].map(([key, { dtype, shape }]) => [key, { dtype, shape, data: file.bytes(key) }]),
  );
  const config: Config = JSON.parse(await readFile(join(base, "config.json"), "utf8"));
  change(tensors, config);
  return filesFolder(
    name,
    new Map([
      ["config.json", new TextEncoder().encode(JSON.stringify(config))],
      ["model.safetensors", serializeSafetensors(tensors)],
    ]),
  );
}

const unchanged = () => {};

async function failure(promise: Promise<unknown>): Promise<unknown> {
  const before = tf.memory().numTensors;
  const reason = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(tf.memory().numTensors).toBe(before);
  return reason;
}

describe("loadModel", () => {
  it("names every tensor that is missing, unexpected or misshapen at once, and makes none", async () => {
    const folder = await changed("gpt2", (tensors) => {
      tensors.delete("transformer.ln_f.bias");
      tensors.set("transformer.wpe.weight", float32Tensor([4, 4], new Float32Array(16)));
      tensors.set("transformer.h.0.attn.q_norm.weight", float32Tensor([8], new Float32Array(8)));
      tensors.set("transformer.ln_f.weight", { dtype: "I32", shape: [32], data: new Uint8Array(128) });
    });
    const error = await failure(loadModel(folder));
    expect(error).toMatchObject({ code: "WEIGHT_MISMATCH" });
    expect((error as ReturnType<typeof weightMismatchError>).problems).toEqual({
      missing: ["transformer.ln_f.bias"],
      unexpected: ["transformer.h.0.attn.q_norm.weight"],
      misshapen: [{ tensor: "transformer.wpe.weight", got: [4, 4], expected: [32, 32] }],
      unreadable: [{ tensor: "transformer.ln_f.weight", dtype: "I32" }],
    });
    expect((error as Error).message).toContain("transformer.wpe.weight is [4,4], expected [32,32]");
  });

  it("refuses config.json nested a million levels deep", async () => {
    const text = `{"model_type": ${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}}`;
    const folder = filesFolder("deep", new Map([["config.json", new TextEncoder().encode(text)]]));
    const error = await failure(loadModel(folder));
    expect(error).toMatchObject({ code: "MODEL_FILE" });
    expect((error as Error).message).toContain("it is nested more than 64 levels deep");
  });

  it("refuses a model that needs more memory than there is, before anything is read", async () => {
    const folder = await changed("gpt2", unchanged);
    const maxBytes = 10_000;
    const progress: unknown[] = [];
    const error = await failure(loadModel(folder, { maxBytes, onProgress: (one) => progress.push(one) }));
    expect(error).toBeInstanceOf(ModelTooLargeError);
    expect(error).toMatchObject({ maxBytes, tensors: [], message: expect.stringContaining("but only 10000") });
    expect(progress).toEqual([]);
    (await loadModel(folder, { maxBytes: (error as ModelTooLargeError).bytes })).dispose();
  });

  it("reads files without the base model's prefix, and ignores buffers", async () => {
    const folder = await changed("gpt2", (tensors) => {
      for (const [key, tensor] of [...tensors]) {
        tensors.delete(key);
        tensors.set(key.replace("transformer.", ""), tensor);
      }
      tensors.set("h.0.attn.bias", { dtype: "U8", shape: [4], data: new Uint8Array(4) });
    });
    const model = await loadModel(folder);
    expect(model.sites()[0]?.path).toBe("transformer.wte");
    model.dispose();
  });

  it("names modules without a prefix if the base model has no head", async () => {
    const model = await loadModel(await changed("bert-seqcls", unchanged), { task: "feature-extraction" });
    expect(model.sites()[0]?.path).toBe("embeddings.word_embeddings");
    expect(model.sites().at(-1)?.path).toBe("pooler.dense");
    model.dispose();
  });

  it("makes a missing classifier only on request, from the seed, and reports it", async () => {
    const task = "sequence-classification";
    const missing = await failure(loadModel(await changed("llama-gqa", unchanged), { task }));
    expect(missing).toBeInstanceOf(HeadMissingError);
    expect((missing as HeadMissingError).parameters).toEqual(["score.weight"]);

    const options = { task, numLabels: 4, newHead: { seed: 7 } } as const;
    const weights = [];
    for (const newHead of [{ seed: 7 }, { seed: 7 }, { seed: 8 }]) {
      const model = await loadModel(await changed("llama-gqa", unchanged), { ...options, newHead });
      expect(model.newParameters).toEqual(["score.weight"]);
      const weight = model.sites().at(-1)?.readWeight();
      expect(weight?.shape).toEqual([32, 4]);
      weights.push(Array.from((await weight?.data()) ?? []));
      weight?.dispose();
      model.dispose();
    }
    expect(weights[1]).toEqual(weights[0]);
    expect(weights[2]).not.toEqual(weights[0]);
    const spread = Math.sqrt((weights[0] ?? []).reduce((sum, value) => sum + value ** 2, 0) / 128);
    // 128 draws with deviation 0.02 (initializer_range).
    expect(spread).toBeGreaterThan(0.016);
    expect(spread).toBeLessThan(0.024);
  });

  it("replaces a classifier for another number of classes only on request", async () => {
    const folder = await changed("bert-seqcls", unchanged);
    expect(await failure(loadModel(folder, { numLabels: 5 }))).toMatchObject({ code: "WEIGHT_MISMATCH" });
    const model = await loadModel(folder, { numLabels: 5, newHead: { seed: 1 } });
    expect(model.newParameters).toEqual(["classifier.weight", "classifier.bias"]);
    model.dispose();
  });

  it("refuses more classes than a configuration may have, before it makes anything", async () => {
    const folder = await changed("bert-seqcls", unchanged);
    for (const numLabels of [1_000_001, 0, 2.5]) {
      const error = await failure(loadModel(folder, { numLabels, newHead: { seed: 1 } }));
      expect(error).toBeInstanceOf(InvalidConfigError);
      expect(error).toMatchObject({ problems: [{ key: "numLabels", got: String(numLabels) }] });
    }
  });

  it("keeps a classifier that fits although a new one would be allowed", async () => {
    const model = await loadModel(await changed("bert-seqcls", unchanged), { newHead: { seed: 1 } });
    expect(model.newParameters).toEqual([]);
    model.dispose();
  });

  it("frees its tensors when it is aborted or a file ends early", async () => {
    const folder = await changed("gpt2", unchanged);
    const stop = new AbortController();
    const onProgress = ({ done }: { done: number }) => {
      if (done === 5) stop.abort(new Error("enough"));
    };
    expect(await failure(loadModel(folder, { signal: stop.signal, onProgress }))).toMatchObject({ message: "enough" });

    let reads = 0;
    const breaking: typeof folder = {
      ...folder,
      async open(name) {
        const source = await folder.open(name);
        const read = async (offset: number, length: number) => {
          reads += 1;
          if (reads > 8) throw new Error("the disk is gone");
          return source.read(offset, length);
        };
        return { ...source, read };
      },
    };
    expect(await failure(loadModel(breaking))).toMatchObject({ message: "the disk is gone" });
  });

  it("reports a missing file in a folder", async () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const config = await readFile(join(fixturesRoot, "gpt2", "base", "config.json"));
    const folders: [string, Map<string, Uint8Array>, RegExp][] = [
      ["empty", new Map(), /"config.json".*there is no such file/],
      ["broken", new Map([["config.json", bytes("{")]]), /not JSON/],
      ["list", new Map([["config.json", bytes("[]")]]), /a JSON object is expected/],
      ["huge", new Map([["config.json", new Uint8Array(10_000_001)]]), /more than 10000000/],
      ["no weights", new Map([["config.json", config]]), /"model.safetensors".*is missing/],
      [
        "pickle",
        new Map([
          ["config.json", config],
          ["pytorch_model.bin", bytes("x")],
        ]),
        /save_pretrained/,
      ],
    ];
    for (const [name, files, message] of folders) {
      const error = await failure(loadModel(filesFolder(name, files)));
      expect(error, name).toMatchObject({ code: "MODEL_FILE" });
      expect((error as Error).message).toMatch(message);
    }
  });
});

describe("fingerprint", () => {
  it("is the same of a folder and of the model loaded from it, whatever the task", async () => {
    const folder = await changed("bert-seqcls", unchanged);
    const expected = await fingerprint(folder);
    expect(expected).toMatch(/^lowrank-1:[0-9a-f]{16}$/);
    for (const task of ["sequence-classification", "feature-extraction"] as const) {
      const model = await loadModel(folder, { task });
      expect(await fingerprint(model)).toBe(expected);
      model.dispose();
    }
  });

  it("does not depend on the order of tensors or on harmless keys", async () => {
    const reordered = await changed("gpt2", (tensors, config) => {
      const entries = [...tensors].reverse();
      tensors.clear();
      for (const [key, tensor] of entries) tensors.set(key, tensor);
      config._name_or_path = "elsewhere";
    });
    expect(await fingerprint(reordered)).toBe(await fingerprint(await changed("gpt2", unchanged)));
  });

  it("changes with a sampled value, a shape and the number of heads", async () => {
    const folders = await Promise.all([
      changed("gpt2", unchanged),
      changed("gpt2", (tensors) => tensors.get("transformer.ln_f.bias")?.data.fill(1, 0, 1)),
      changed("gpt2", (tensors) => tensors.set("extra", float32Tensor([1], Float32Array.of(0)))),
      changed("gpt2", (_, config) => Object.assign(config, { n_head: 8 })),
    ]);
    expect(new Set(await Promise.all(folders.map(fingerprint))).size).toBe(4);
  });
});
