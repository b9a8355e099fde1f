// Adapters that act together: what has no sum is refused by a call and by a merge alike, and what is defined is the same in both.

import { join } from "node:path";
import { type Adapter, createLoraConfig } from "@lowrank/adapter-format";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { type AdapterHandle, attachAdapter, injectAdapter, partsOf, planInjection } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import { loadModel, type PretrainedModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { expectClose, expectNoLeak, fixturesRoot } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

beforeAll(() => tf.setBackend("cpu"));

type Logits = (...names: string[]) => Float32Array;

/** Loads the base of a case, and holds the test to leaving nothing behind. */
function withBase(name: string, test: (model: PretrainedModel, logits: Logits) => Promise<void>): Promise<void> {
  return expectNoLeak(
    async () => {
      const model = await loadModel(openFolder(join(fixturesRoot, name, "base")));
      const logits: Logits = (...names) =>
        tf.tidy(() => {
          const inputIds = tf.tensor2d([5, 17, 33, 2, 44, 8], [2, 3], "int32");
          return Float32Array.from(model.forward({ inputIds }, inferenceContext(activeAdapters(...names))).dataSync());
        });
      try {
        await test(model, logits);
      } finally {
        model.dispose();
      }
    },
    { warmUp: false },
  );
}

const adapterOf = (name: string): Promise<Adapter> => readAdapterFolder(join(fixturesRoot, name, "adapter"));

const attachBoth = (model: PretrainedModel, adapters: Readonly<Record<string, Adapter>>): readonly AdapterHandle[] =>
  Object.entries(adapters).map(([name, adapter]) => attachAdapter(model, adapter, { name }));

describe("adapters together", () => {
  it("are refused by a merge as by a call if both saved the same module; nothing changes", () =>
    withBase("bert-seqcls", async (model, logits) => {
      const adapter = await adapterOf("bert-seqcls");
      const base = logits();
      const handles = attachBoth(model, { a: adapter, b: adapter });
      logits("a", "b"); // which is the same one twice
      for (const { variable } of partsOf(handles[1]!, "whole-parameter"))
        tf.tidy(() => variable.assign(tf.add(variable, 1)));
      const conflicts = ["classifier.weight", "classifier.bias"].map((path) => ({ path, adapterNames: ["a", "b"] }));
      expect(() => logits("a", "b")).toThrow(expect.objectContaining({ code: "CONFLICTING_ADAPTERS", conflicts }));
      await expect(mergeAdapter(model, handles)).rejects.toThrow(expect.objectContaining({ conflicts }));
      for (const handle of handles) handle.dispose();
      expect(logits()).toEqual(base);
    }));

  it.each([
    ["trained rows", "model.embed_tokens.weight", { trainableTokenIndices: [3, 5] }, "token-rows"],
    ["biases", "classifier.bias", { modulesToSave: ["classifier"] }, "whole-parameter"],
    ["trained biases", "bert.encoder.layer.0.attention.self.query.bias", { bias: "lora_only" }, "whole-parameter"],
  ] as const)("are refused by a merge as by a call if both have %s of their own: %s", (_, path, settings, kind) =>
    withBase(path.startsWith("model") ? "llama-gqa" : "bert-seqcls", async (model, logits) => {
      const targetModules = path.startsWith("model") ? ["q_proj"] : ["query"];
      const config = createLoraConfig({ targetModules, ...settings });
      const [one, two] = ["a", "b"].map((name) =>
        injectAdapter(model, planInjection(model, config), { name, seed: 1 }),
      );
      const base = logits();
      for (const [index, handle] of [one!, two!].entries())
        for (const { variable } of partsOf(handle, kind)) tf.tidy(() => variable.assign(tf.add(variable, index + 1)));
      for (const order of [
        [one!, two!],
        [two!, one!],
      ]) {
        const named = expect.arrayContaining([{ path, adapterNames: order.map(({ name }) => name) }]);
        const conflict = expect.objectContaining({ code: "CONFLICTING_ADAPTERS", conflicts: named });
        expect(() => logits(...order.map(({ name }) => name))).toThrow(conflict);
        await expect(mergeAdapter(model, order)).rejects.toThrow(conflict);
      }
      for (const handle of [one!, two!]) handle.dispose();
      expect(logits()).toEqual(base);
    }),
  );

  it("may bring the same table along, and no two tables", () =>
    withBase("../shared-tables/other-table-opt", async (model, logits) => {
      const adapter = await adapterOf("../shared-tables/other-table-opt");
      const tensors = [...adapter.tensors].map(([key, tensor]) => {
        const values = key.includes("base_layer") ? tensor.values.map((value) => value + 1) : tensor.values;
        return [key, { ...tensor, values }] as const;
      });
      const handles = attachBoth(model, { a: adapter, b: adapter, c: { ...adapter, tensors: new Map(tensors) } });
      const both = logits("a", "b");
      expect(() => logits("a", "c")).toThrow(expect.objectContaining({ code: "CONFLICTING_ADAPTERS" }));
      await expect(mergeAdapter(model, [handles[2]!, handles[1]!], { tied: "untie" })).rejects.toThrow(
        expect.objectContaining({ code: "CONFLICTING_ADAPTERS" }),
      );
      const merged = await mergeAdapter(model, handles.slice(0, 2), { tied: "untie" });
      expectClose(logits(), both, 1e-5);
      merged.undo();
      for (const handle of handles) handle.dispose();
    }));

  it("that replace the base use the last one's replacement, in a merge as in a call", () =>
    withBase("llama-gqa", async (model, logits) => {
      const handles = ["a", "b"].map((name, index) => {
        const config = createLoraConfig({
          targetModules: ["q_proj"],
          rank: 2 + 3 * index,
          kasaConfig: { beta: 1, gamma: 1 },
        });
        return injectAdapter(model, planInjection(model, config), { name, seed: index });
      });
      const reversed = [...handles].reverse();
      for (const order of [handles, reversed]) {
        const together = logits(...order.map(({ name }) => name));
        const merged = await mergeAdapter(model, order);
        expectClose(logits(), together, 1e-5);
        merged.undo();
      }
      expect(logits("a", "b")).not.toEqual(logits("b", "a"));
      for (const handle of handles) handle.dispose();
    }));
});
