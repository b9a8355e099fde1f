// From load to dispose with the tiny model: nothing leaks, and the same seed writes the same bytes.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createLoraConfig, writeAdapter } from "@lowrank/adapter-format";
import { activeAdapters } from "@lowrank/contracts";
import { chooseEngine } from "@lowrank/engine";
import { injectAdapter, planInjection } from "@lowrank/inject";
import { exportModel, mergeAdapter } from "@lowrank/merge";
import { generate, loadModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { train } from "@lowrank/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

const folder = join(dirname(createRequire(import.meta.url).resolve("@lowrank/tiny-model/package.json")), "model");
const rows = [
  [0, 81, 297, 12, 640, 33, 4, 0],
  [0, 512, 44, 3000, 7, 7, 90, 0],
];

/** Load, inject, train, save, generate, merge, export, undo, dispose. Returns the adapter file and the base's weights. */
async function live(seed: number): Promise<{ adapter: Uint8Array; before: string; after: string }> {
  const model = await loadModel(openFolder(folder));
  const before = await digest(model);
  const plan = planInjection(model, createLoraConfig({ rank: 4, targetModules: "all-linear", dropout: 0.1 }));
  const handle = injectAdapter(model, plan, { seed });
  const adapters = activeAdapters(handle.name);
  const events = train<readonly number[][]>({
    variables: handle.variables,
    batches: () => [rows],
    loss: (batch, random) => {
      const inputIds = tf.tensor2d([...batch], undefined, "int32");
      return model.loss({ inputIds, labels: inputIds }, { training: true, adapters, random });
    },
    steps: 3,
    learningRate: 1e-2,
    seed,
  });
  for await (const _ of events);
  const files = writeAdapter(await handle.toAdapter());
  await generate(model, { promptIds: [[0, 81]], maxNewTokens: 3 });
  const merged = await mergeAdapter(model, handle);
  await exportModel(model, { source: openFolder(folder) });
  merged.undo();
  handle.dispose();
  const after = await digest(model);
  model.dispose();
  return { adapter: files["adapter_model.safetensors"], before, after };
}

/** Every frozen weight's bytes, summed up: equal digests mean equal bits. */
async function digest(model: Awaited<ReturnType<typeof loadModel>>): Promise<string> {
  const hashes: string[] = [];
  for (const parameter of model.parameters()) {
    const value = parameter.read();
    const words = new Uint32Array((await value.data()).slice().buffer);
    value.dispose();
    let hash = 0;
    for (const word of words) hash = (Math.imul(hash, 31) + word) >>> 0;
    hashes.push(`${parameter.path} ${hash}`);
  }
  return hashes.join("\n");
}

describe("a model's life from load to dispose", () => {
  beforeAll(async () => {
    await chooseEngine({ order: ["wasm", "cpu"] });
  });

  it("leaves no tensor behind", async () => {
    await live(1);
    const before = tf.memory().numTensors;
    await live(1);
    expect(tf.memory().numTensors).toBe(before);
  }, 60_000);

  it("writes the same adapter bytes from the same seed, and others from another", async () => {
    const [first, second, other] = [await live(5), await live(5), await live(6)];
    expect(Buffer.compare(first.adapter, second.adapter)).toBe(0);
    expect(Buffer.compare(first.adapter, other.adapter)).not.toBe(0);
  }, 60_000);

  it("restores every weight bit for bit when a merge is undone", async () => {
    const { before, after } = await live(2);
    expect(after).toBe(before);
  }, 60_000);
});
