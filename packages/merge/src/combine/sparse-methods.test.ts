import { type Adapter, createLoraConfig } from "@lowrank/adapter-format";
import { describe, expect, it } from "vitest";
import { a, b, delta, errorOf, pair, tensor, wide } from "../../test/random-adapters.ts";
import { combineAdapters } from "./combine-adapters.ts";

import { combinationMethods } from "./methods.ts";

describe("the methods that drop entries", () => {
  const sparse = combinationMethods.filter(({ isSparse }) => isSparse).map(({ name }) => name);

  it.each(sparse)("%s needs a density", (type) => {
    for (const density of [undefined, 0, -0.1, 1.5, Number.NaN]) {
      const options = density === undefined ? { type } : { type, density };
      expect(() => combineAdapters(pair, options)).toThrow(
        expect.objectContaining({ code: "INVALID_COMBINATION_SETTING" }),
      );
    }
  });

  it.each(sparse)("%s has the same result for the same seed", (type) => {
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

describe("mergekit's methods", () => {
  const path = "layers.0.q_proj";
  const alone = (type: string, options: object) =>
    delta(combineAdapters([{ adapter: wide, weight: 1 }], { type, rank: 5, ...options }), path);

  it("breadcrumbs keep entries that are neither among the largest nor among the smallest", () => {
    const { values } = delta(wide, path); // 35 entries
    const order = [...values.keys()].sort((one, other) => Math.abs(values[one]!) - Math.abs(values[other]!));
    const kept = new Set(order.slice(11, 32)); // of 14 that go, three are the largest
    const found = alone("breadcrumbs_svd", { density: 0.6, gamma: 0.1 }).values;
    for (const [index, value] of values.entries()) expect(found[index]).toBeCloseTo(kept.has(index) ? value : 0, 4);
  });

  it("della keeps large entries of a row with a higher probability, and divides by it", () => {
    const { rows, columns, values } = delta(wide, path);
    const asked: ArrayLike<number>[] = [];
    const mask = ({ probabilities }: { readonly probabilities?: ArrayLike<number> }) => {
      asked.push(probabilities!);
      return new Uint8Array(rows * columns).fill(1);
    };
    const found = alone("della_linear_svd", { density: 0.5, epsilon: 0.2, mask }).values;
    for (let row = 0; row < rows; row++) {
      const indices = Array.from({ length: columns }, (_, column) => row * columns + column);
      indices.sort((one, other) => Math.abs(values[one]!) - Math.abs(values[other]!));
      for (const [rank, position] of indices.entries()) {
        expect(asked[0]![position]).toBeCloseTo(0.3 + 0.1 * rank, 12);
        expect(found[position]).toBeCloseTo(values[position]! / (0.3 + 0.1 * rank), 4);
      }
    }
  });

  it("della needs room above and below the density", () => {
    const options = { type: "della_svd", density: 0.9, epsilon: 0.2 };
    expect(() => combineAdapters(pair, options)).toThrow(
      expect.objectContaining({ code: "INVALID_COMBINATION_SETTING" }),
    );
  });
});

describe("slerp", () => {
  const between = (t: number) =>
    combineAdapters(
      [
        { adapter: a, weight: 1 - t },
        { adapter: b, weight: t },
      ],
      { type: "slerp" },
    );

  it.each(["layers.0.q_proj", "layers.0.v_proj"])("turns one update into the other by equal angles: %s", (path) => {
    const [one, other] = [delta(a, path).values, delta(b, path).values];
    const angle = Math.acos(dot(one, other) / Math.hypot(...one) / Math.hypot(...other));
    for (const t of [0, 0.25, 0.5, 1]) {
      const found = delta(between(t), path).values;
      const wanted = one.map(
        (value, index) => (Math.sin((1 - t) * angle) * value + Math.sin(t * angle) * other[index]!) / Math.sin(angle),
      );
      for (const [index, value] of wanted.entries()) expect(found[index]).toBeCloseTo(value, 4);
    }
  });

  it("uses weights as proportions, and interpolates linearly between parallel vectors", () => {
    const twice = combineAdapters(
      [
        { adapter: a, weight: 3 },
        { adapter: b, weight: 1 },
      ],
      { type: "slerp" },
    );
    expect(errorOf(twice, [{ adapter: between(0.25), weight: 1 }])).toBeLessThan(1e-6);
    const same = combineAdapters(
      [
        { adapter: a, weight: 1 },
        { adapter: a, weight: 1 },
      ],
      { type: "slerp" },
    );
    expect(errorOf(same, [{ adapter: a, weight: 1 }])).toBeLessThan(1e-6);
  });

  it("refuses three adapters, one, and a negative weight", () => {
    for (const weights of [[1, 1, 1], [1], [1, -1], [0, 0]])
      expect(() =>
        combineAdapters(
          weights.map((weight) => ({ adapter: a, weight })),
          { type: "slerp" },
        ),
      ).toThrow(expect.objectContaining({ code: "INVALID_COMBINATION_SETTING" }));
  });
});

function dot(one: Float64Array, other: Float64Array): number {
  return one.reduce((sum, value, index) => sum + value * other[index]!, 0);
}
