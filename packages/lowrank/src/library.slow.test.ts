import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chooseEngine, registerGradients } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openModel } from "./index.ts";

const tiny = fileURLToPath(new URL("../../tiny-model/model", import.meta.url));
const rows = [{ prompt: "name[Aromi] ->", completion: " Aromi is a riverside café." }];
const quick = { steps: 12, learningRate: 0.01, batchSize: 1 } as const;

function weightsOf(files: ReadonlyMap<string, string | Uint8Array>): Uint8Array {
  const file = files.get("model.safetensors");
  if (file === undefined || typeof file === "string") throw new Error("There are no weights.");
  return file;
}

beforeAll(async () => {
  await chooseEngine();
  registerGradients();
});

// Several runs each, which take a minute on a busy machine.
describe("the library", { timeout: 120_000 }, () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "lowrank-library-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("opens, adapts, trains, writes, saves, merges and attaches, and leaves no tensor behind", async () => {
    const before = tf.memory().numTensors;
    const file = join(folder, "rows.jsonl");
    await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const model = await openModel(tiny, { engine: false });
    const adapter = model.adapt({ rank: 8, targetModules: "all-linear" });
    const losses: number[] = [];
    for await (const event of adapter.train(file, quick)) if (event.type === "step") losses.push(event.loss);
    expect(losses).toHaveLength(12);
    expect(losses.at(-1)).toBeLessThan(0.5 * (losses[0] ?? 0));

    const text = await model.generate("name[Aromi] ->", { maxNewTokens: 8 });
    expect(text).toContain("Aromi is");
    expect(await model.generate("name[Aromi] ->", { maxNewTokens: 8, adapter: null })).not.toBe(text);

    await adapter.save(join(folder, "my-adapter"));
    const config = JSON.parse(await readFile(join(folder, "my-adapter", "adapter_config.json"), "utf8"));
    expect(config).toMatchObject({ task_type: "CAUSAL_LM", base_model_name_or_path: "./model", r: 8, lora_alpha: 16 });
    expect(await readFile(join(folder, "my-adapter", "README.md"), "utf8")).toContain("| steps | 12 |");

    const { largestDifference } = await model.merge(adapter).save(join(folder, "my-model"));
    expect(largestDifference).toBeLessThan(1e-3);
    expect(await model.generate("name[Aromi] ->", { maxNewTokens: 8 })).toBe(text);
    const { loss } = await model.evaluate(rows);
    const gguf = await model.merge(adapter).gguf({ type: "F32" });
    expect([...gguf.keys()]).toEqual(["model.gguf", "Modelfile"]);
    model.dispose();

    const other = await openModel(tiny, { engine: false });
    await other.attach(join(folder, "my-adapter"));
    expect((await other.evaluate(rows)).loss).toBeCloseTo(loss, 5);
    other.dispose();
    const merged = await openModel(join(folder, "my-model"), { engine: false });
    expect((await merged.evaluate(rows)).loss).toBeCloseTo(loss, 4);
    merged.dispose();
    await writeFile(join(folder, "model.gguf"), gguf.get("model.gguf") ?? "");
    const again = await openModel(join(folder, "model.gguf"), { engine: false });
    expect((await again.evaluate(rows)).loss).toBeCloseTo(loss, 4);
    again.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(["int8", "nf4"] as const)(
    "merges into the base's own numbers, not into those of %s",
    async (basePrecision) => {
      const before = tf.memory().numTensors;
      const model = await openModel(tiny, { engine: false, basePrecision });
      const adapter = model.adapt({ rank: 4, targetModules: ["q_proj"] });
      for await (const _ of adapter.train(rows, { ...quick, steps: 2 }));
      await adapter.save(join(folder, "adapter"));
      const merged = await model.merge(adapter).files();
      model.dispose();
      const exact = await openModel(tiny, { engine: false });
      const expected = await exact.merge(await exact.attach(join(folder, "adapter"))).files();
      exact.dispose();
      expect([...merged.keys()]).toEqual([...expected.keys()]);
      expect(Buffer.compare(weightsOf(merged), weightsOf(expected))).toBe(0);
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it("lets an adapter act as strongly as requested; not at all equals the base to the bit", async () => {
    const model = await openModel(tiny, { engine: false });
    const adapter = model.adapt({ rank: 4, targetModules: "all-linear" });
    for await (const _ of adapter.train(rows, quick));
    const loss = async (strength?: number) => (await model.evaluate(rows, { strength })).loss;
    const base = (await model.evaluate(rows, { adapter: null })).loss;
    expect(await loss(0)).toBe(base);
    expect(await loss(1)).toBe(await loss());
    expect(await loss(0.5)).toBeLessThan(base);
    expect(await loss(0.5)).toBeGreaterThan(await loss(1));
    const write = (choice: object) => model.generate("name[Aromi] ->", { maxNewTokens: 8, ...choice });
    expect(await write({ strength: 0 })).toBe(await write({ adapter: null }));
    expect(await write({ strength: 1 })).toBe(await write({}));
    await expect(write({ strength: Number.NaN })).rejects.toThrow("default");
    model.dispose();
  });

  it.each([
    [true, [0, 1, 2]],
    [false, [1, 2]],
  ])("validates before the first step where evalAtStart is %s", async (evalAtStart, expected) => {
    const model = await openModel(tiny, { engine: false });
    const adapter = model.adapt({ rank: 1, targetModules: ["q_proj"] });
    const measured: number[] = [];
    const options = { steps: 2, batchSize: 1, validation: rows, evalEvery: 1, evalAtStart };
    for await (const event of adapter.train(rows, options)) if (event.type === "evaluation") measured.push(event.step);
    model.dispose();
    expect(measured).toEqual(expected);
  });

  it("trains to the end when it is awaited, with the same result as a loop over its events", async () => {
    const model = await openModel(tiny, { engine: false });
    const adapterAfter = async (train: (adapter: ReturnType<typeof model.adapt>) => Promise<unknown>) => {
      const adapter = model.adapt({ rank: 2, targetModules: ["q_proj"] });
      await train(adapter);
      return (await adapter.files()).get("adapter_model.safetensors");
    };
    const settings = { ...quick, steps: 3 };
    const looped = await adapterAfter(async (adapter) => {
      for await (const _ of adapter.train(rows, settings));
    });
    const awaited = await adapterAfter(async (adapter) => {
      const run = adapter.train(rows, settings);
      expect(await run).toMatchObject({ type: "end", reason: "finished", step: 3 });
      expect(await run).toMatchObject({ type: "end", step: 3 });
    });
    const begun = await adapterAfter(async (adapter) => {
      const run = adapter.train(rows, settings);
      expect((await run.next()).value).toMatchObject({ type: "start" });
      expect(await run).toMatchObject({ type: "end", step: 3 });
    });
    expect(awaited).toEqual(looped);
    expect(begun).toEqual(looped);
    await expect(model.adapt({ rank: 2 }).train([])).rejects.toThrow("it has no rows");
    model.dispose();
  });

  it("refuses unknown options, and suggests the one that was probably meant", async () => {
    const misspelt = (options: object) => options;
    await expect(openModel(tiny, misspelt({ taks: "causal-lm" }))).rejects.toThrow('"taks" → "task"');
    const model = await openModel(tiny, { engine: false });
    expect(() => model.adapt(misspelt({ lora_alpha: 64 }))).toThrow('"lora_alpha" → "alpha"');
    const adapter = model.adapt({ targetModules: ["q_proj"] });
    await expect(adapter.prepare(rows, misspelt({ batch_size: 2 }))).rejects.toThrow('"batch_size" → "batchSize"');
    await expect(model.generate("a", misspelt({ max_new_tokens: 2 }))).rejects.toThrow('→ "maxNewTokens"');
    model.dispose();
  });

  it("keeps the numbers that classes were trained with, in memory too", async () => {
    const model = await openModel(tiny, { engine: false, task: "sequence-classification", classes: 2 });
    const adapter = model.adapt({ targetModules: ["q_proj"] });
    const as = (label: string | number) => [{ text: "a pub", label }];
    const learn = async (input: ReturnType<typeof as>) => {
      for await (const _ of adapter.train(input, { ...quick, steps: 1 }));
    };
    await learn([...as(0), ...as(1)]);
    await expect(model.evaluate(as("good"))).rejects.toThrow(/0 = LABEL_0, 1 = LABEL_1.*`classNames`/);
    await expect(learn(as("good"))).rejects.toThrow("was not trained with: good");
    const second = await model.evaluate(as("good"), { classNames: ["bad", "good"] });
    expect(second).toEqual(await model.evaluate(as(1)));
    model.dispose();
  });
});
