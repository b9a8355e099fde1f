import { type Adapter, createLoraConfig } from "@lowrank/adapter-format";
import { describe, expect, it } from "vitest";
import { a, pair, tensor } from "../../test/random-adapters.ts";
import { combineAdapters } from "./combine-adapters.ts";
import { CombinationSettingError } from "./errors.ts";
import { combinationMethods } from "./methods.ts";

describe("the methods that drop entries", () => {
  const sparse = combinationMethods.filter(({ isSparse }) => isSparse).map(({ name }) => name);

  it.each(sparse)("%s needs a density", (type) => {
    for (const density of [undefined, 0, -0.1, 1.5, Number.NaN]) {
      const options = density === undefined ? { type } : { type, density };
      expect(() => combineAdapters(pair, options)).toThrow(CombinationSettingError);
    }
  });

  it.each(sparse)("%s gives the same for the same seed", (type) => {
    const options = { type, density: 0.5, seed: 3 };
    expect(combineAdapters(pair, options)).toEqual(combineAdapters(pair, options));
  });

  it("draw other masks for another seed, and the same share of entries stays", () => {
    const large = {
      config: a.config,
      metadata: a.metadata,
      tensors: new Map([
        ["q_proj.lora_A.weight", tensor(2, 4000, "A")],
        ["q_proj.lora_B.weight", tensor(4, 2, "B")],
      ]),
    };
    const masked = (seed: number) =>
      combineAdapters([{ adapter: large, weight: 1 }], { type: "dare_linear", density: 0.3, seed }).tensors.get(
        "q_proj.lora_A.weight",
      )!.values;
    expect(masked(1)).not.toEqual(masked(2));
    const share = masked(1).filter((value) => value !== 0).length / 8000;
    // Three standard deviations of 8000 draws.
    expect(Math.abs(share - 0.3)).toBeLessThan(3 * Math.sqrt((0.3 * 0.7) / 8000));
  });

  it("keep the mean when the rest grows by 1/density", () => {
    const ones = { shape: [1, 5000], values: new Float32Array(5000).fill(1) };
    const config = createLoraConfig({ rank: 1, alpha: 1, targetModules: ["q_proj"] });
    const flat: Adapter = {
      config,
      metadata: new Map(),
      tensors: new Map([
        ["q_proj.lora_A.weight", ones],
        ["q_proj.lora_B.weight", { shape: [1, 1], values: Float32Array.of(1) }],
      ]),
    };
    const options = {
      type: "dare_linear",
      density: 0.5,
      mask: () => Uint8Array.from({ length: 5000 }, (_, index) => index % 2),
    };
    const { values } = combineAdapters([{ adapter: flat, weight: 1 }], options).tensors.get("q_proj.lora_A.weight")!;
    expect(values.reduce((sum, value) => sum + value) / 5000).toBeCloseTo(1, 6);
  });

  it("elect the sign of the larger sum, or of the greater number", () => {
    const config = createLoraConfig({ rank: 1, alpha: 1, targetModules: ["q_proj"] });
    const single = (value: number): Adapter => ({
      config,
      metadata: new Map(),
      tensors: new Map([
        ["q_proj.lora_A.weight", { shape: [1, 1], values: Float32Array.of(value) }],
        ["q_proj.lora_B.weight", { shape: [1, 1], values: Float32Array.of(1) }],
      ]),
    });
    const parts = [-5, 1, 2].map((value) => ({ adapter: single(value), weight: 1 }));
    const elected = (majoritySign: "total" | "frequency") =>
      combineAdapters(parts, { type: "ties", density: 1, majoritySign }).tensors.get("q_proj.lora_A.weight")!.values[0];
    expect(elected("total")).toBe(-5);
    expect(elected("frequency")).toBe(1.5);
  });
});
