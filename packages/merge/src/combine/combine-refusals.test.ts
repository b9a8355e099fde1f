import { type Adapter, createLoraConfig, type LoraConfig, scalingOf } from "@lowrank/adapter-format";
import { describe, expect, it } from "vitest";
import { a, adapter, b, errorOf, pair, tensor } from "../../test/random-adapters.ts";
import { combineAdapters } from "./combine-adapters.ts";

import { combinationMethods } from "./methods.ts";

describe("PEFT's numbers", () => {
  it("are √rank too large for rank-stabilized adapters, which ours are not", () => {
    const stable = pair.map(({ weight }, index) => ({
      weight,
      adapter: adapter(String(index), { rankStabilized: true }),
    }));
    const theirs = combineAdapters(stable, { type: "cat", compatible: "peft" });
    expect(scalingOf(theirs.config, "layers.0.q_proj")).toBe(2);
    expect(errorOf(theirs, stable)).toBeCloseTo(1, 5);
    expect(errorOf(combineAdapters(stable, { type: "cat" }), stable)).toBeLessThan(1e-6);
  });

  it("are scaled only, for a single adapter of any type", () => {
    const one = [{ adapter: a, weight: 0.5 }];
    const result = combineAdapters(one, { type: "svd", rank: 1, compatible: "peft" });
    expect([result.config.rank, errorOf(result, one) < 1e-6]).toEqual([2, true]);
  });

  it("join patterns, unite lists and refuse a mixture of both", () => {
    const withTargets = (targetModules: readonly string[] | string) => ({
      adapter: adapter("t", { targetModules }),
      weight: 1,
    });
    const targets = (...all: (readonly string[] | string)[]) =>
      combineAdapters(all.map(withTargets), { type: "cat", compatible: "peft" }).config.targetModules;
    expect(targets(".*q_proj", ".*v_proj")).toBe("(.*q_proj)|(.*v_proj)");
    expect(targets(["q_proj"], ["q_proj", "v_proj"])).toEqual(["q_proj", "v_proj"]);
    expect(() => targets(["q_proj"], ".*")).toThrow(expect.objectContaining({ code: "INVALID_COMBINATION_SETTING" }));
  });
});

describe("refusals", () => {
  it("is an unknown type, naming the known ones", () => {
    expect(() => combineAdapters(pair, { type: "mean" })).toThrow(
      expect.objectContaining({ code: "UNKNOWN_COMBINATION" }),
    );
    expect(() => combineAdapters(pair, { type: "mean" })).toThrow(/exact, cat, svd, linear/);
  });

  it("is no adapter at all, and a weight that is no number", () => {
    expect(() => combineAdapters([])).toThrow(expect.objectContaining({ code: "INVALID_COMBINATION_SETTING" }));
    expect(() => combineAdapters([{ adapter: a, weight: Number.NaN }])).toThrow(/weight of adapter 1/);
  });

  it.each([{ rank: 0 }, { rank: 1.5 }, { clamp: 2 }])("is a setting out of bounds: %j", (options) => {
    expect(() => combineAdapters(pair, { type: "svd", ...options })).toThrow(
      expect.objectContaining({ code: "INVALID_COMBINATION_SETTING" }),
    );
  });

  it.each<Partial<LoraConfig>>([
    { useDora: true },
    { loraBias: true },
    { targetParameters: ["experts"] },
    { trainableTokenIndices: [1] },
    { init: "pissa" },
    { kasaConfig: {} },
  ])("is an adapter that is more than B·A: %j", (options) => {
    const parts = [...pair, { adapter: adapter("more", options), weight: 1, name: "more" }];
    expect(() => combineAdapters(parts)).toThrow(expect.objectContaining({ code: "UNCOMBINABLE_ADAPTER" }));
    expect(() => combineAdapters(parts)).toThrow(/"more"/);
  });

  it("are adapters with different invocation tokens, or with and without; but not with the same", () => {
    const activated = (name: string, activationTokens: readonly number[]) => ({
      adapter: adapter(name, { activationTokens }),
      weight: 1,
      name,
    });
    const refused = (second: readonly number[]) => () =>
      combineAdapters([activated("first", [7, 5]), activated("second", second)]);
    expect(refused([7])).toThrow(/"first": alora_invocation_tokens = .*7.*\n.*"second": alora_invocation_tokens/);
    expect(refused([])).toThrow(expect.objectContaining({ code: "UNCOMBINABLE_ADAPTER" }));
    const parts = [activated("first", [7, 5]), activated("second", [7, 5])];
    const combined = combineAdapters(parts);
    expect(combined.config.activationTokens).toEqual([7, 5]);
    expect(errorOf(combined, parts)).toBeLessThan(1e-6);
  });

  it("are two adapters for different bases", () => {
    const other = adapter("other");
    const tensors = new Map(other.tensors);
    tensors.set("layers.0.v_proj.lora_A.weight", tensor(2, 8, "wider"));
    expect(() => combineAdapters([...pair, { adapter: { ...other, tensors }, weight: 1 }])).toThrow(
      expect.objectContaining({ code: "COMBINATION_SHAPE" }),
    );
  });

  it("is a saved module that two adapters trained differently, but not one that a single adapter has", () => {
    const saving = (value: number): Adapter => {
      const config = createLoraConfig({
        rank: 2,
        alpha: 6,
        targetModules: ["q_proj", "v_proj"],
        modulesToSave: ["score"],
      });
      const weight = { shape: [1, 1], values: Float32Array.of(value) };
      return { ...a, config, tensors: new Map([...a.tensors, ["score.weight", weight]]) };
    };
    const combined = (...all: Adapter[]) => combineAdapters(all.map((one) => ({ adapter: one, weight: 1 })));
    expect(() => combined(saving(1), saving(2))).toThrow(expect.objectContaining({ code: "SHARED_SAVED_WEIGHT" }));
    const result = combined(saving(1), b);
    expect(result.tensors.get("score.weight")?.values[0]).toBe(1);
    expect(result.config.modulesToSave).toEqual(["score"]);
    expect(combined(saving(1), saving(1)).tensors.has("score.weight")).toBe(true);
  });

  it("is an adapter that diverged, whatever the method would make of it", () => {
    const tensors = new Map(a.tensors);
    const broken = tensor(2, 5, "broken");
    broken.values[3] = Number.NaN;
    tensors.set("layers.0.q_proj.lora_A.weight", broken);
    for (const { name } of combinationMethods) {
      const parts = [pair[0]!, { adapter: { ...a, tensors }, weight: 1, name: "diverged" }];
      const combine = () => combineAdapters(parts, { type: name, density: 0.5 });
      expect(combine, name).toThrow(expect.objectContaining({ code: "UNCOMBINABLE_ADAPTER" }));
      expect(combine, name).toThrow(/"diverged": layers.0.q_proj.lora_A.weight has NaN/);
    }
  });

  it.each(["exact", "cat", "svd", "ties_svd"])("is a weight that float32 cannot follow: %s", (type) => {
    const combine = () => combineAdapters([{ adapter: a, weight: 1e39 }], { type, density: 0.5 });
    expect(combine).toThrow(expect.objectContaining({ code: "INVALID_COMBINATION_SETTING" }));
    expect(combine).toThrow(/q_proj.lora_.* would be infinite/);
  });

  it("is nothing but whole weights, which have no rank", () => {
    const config = createLoraConfig({ targetModules: ["q_proj"], modulesToSave: ["score"] });
    const saved: Adapter = { config, metadata: new Map(), tensors: new Map([["score.weight", tensor(2, 2, "score")]]) };
    const alone = () => combineAdapters([{ adapter: saved, weight: 1, name: "classifier" }]);
    expect(alone).toThrow(expect.objectContaining({ code: "UNCOMBINABLE_ADAPTER" }));
    expect(alone).toThrow(/"classifier": it has no A and B/);
    expect(combineAdapters([{ adapter: saved, weight: 1 }, ...pair]).tensors.has("score.weight")).toBe(true);
  });
});
