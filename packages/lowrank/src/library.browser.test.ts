// The library in a page: open, adapt, train, ask, save, merge, on the engine of the page.

/// <reference types="vite/types/importMeta.d.ts" />

import { engineNames } from "@lowrank/engine";
import { describe, expect, it } from "vitest";
import { openModel } from "./browser.ts";

/** The engine of this page (vitest.browser.config.ts). */
const engine = engineNames.find((name) => name === import.meta.env.LOWRANK_TEST_ENGINES) ?? "wasm";
const wasmPath = "/node_modules/@tensorflow/tfjs-backend-wasm/dist/"; // on the tests' server, whose root is the repository
const folder = "/packages/tiny-model/model";
const rows = [{ prompt: "name[Aromi] ->", completion: " Aromi is a riverside café." }];

/** A folder as `showDirectoryPicker` would give it. */
function memoryFolder() {
  const files = new Map<string, string | Uint8Array>();
  const getFileHandle = async (name: string) => ({
    createWritable: async () => ({
      write: async (data: string | Uint8Array) => void files.set(name, data),
      close: async () => undefined,
    }),
  });
  return { name: "chosen", files, getFileHandle };
}

describe(`the library on ${engine}`, () => {
  // Takes minutes if a processor replaces the GPU, and other pages use it, too.
  it("trains an adapter, writes with it, saves it and merges it", { timeout: 400_000 }, async () => {
    const model = await openModel(folder, { engine: { order: [engine], environment: {}, wasmPath } });
    const adapter = model.adapt({ rank: 4, targetModules: "all-linear" }, { seed: 1 });
    const losses: number[] = [];
    for await (const event of adapter.train(rows, { steps: 6, learningRate: 0.01 })) {
      if (event.type === "step") losses.push(event.loss);
    }
    expect(losses.at(-1)).toBeLessThan(0.7 * (losses[0] ?? 0));
    expect(await model.generate("name[Aromi] ->", { maxNewTokens: 4 })).not.toBe("");

    const chosen = memoryFolder();
    await adapter.save(chosen);
    const config = JSON.parse(String(chosen.files.get("adapter_config.json")));
    expect(config).toMatchObject({ task_type: "CAUSAL_LM", base_model_name_or_path: folder });

    const merged = memoryFolder();
    const { largestDifference } = await model.merge(adapter).save(merged);
    expect(largestDifference).toBeLessThan(1e-2);
    expect([...merged.files.keys()]).toContain("model.safetensors");
    await expect(adapter.save("a-path")).rejects.toThrow("showDirectoryPicker");
    model.dispose();

    const bytes = [...chosen.files].map(([name, data]) => new File([data as BlobPart], name));
    const other = await openModel(folder, { engine: false });
    await other.attach(bytes);
    expect((await other.evaluate(rows)).loss).toBeLessThan(losses[0] ?? 0);
    other.dispose();
  });
});
