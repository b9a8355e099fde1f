import { fc, it as property } from "@fast-check/vitest";
import {
  type Adapter,
  type AdapterTensor,
  createLoraConfig,
  type LoraConfig,
  scalingOf,
} from "@lowrank/adapter-format";
import { createMatrix, frobeniusNorm, type Matrix, multiply, normalMatrix } from "@lowrank/math";
import { describe, expect, it } from "vitest";
import { combineAdapters } from "./combine-adapters.ts";
import {
  CombinationSettingError,
  CombinationShapeError,
  SharedSavedWeightError,
  UncombinableAdapterError,
  UnequalRanksError,
  UnknownCombinationError,
} from "./errors.ts";
import { combinationMethods } from "./methods.ts";

const sizes = new Map([
  ["layers.0.q_proj", [7, 5]],
  ["layers.1.q_proj", [7, 5]],
  ["layers.0.v_proj", [3, 5]],
] as const);

function tensor(rows: number, columns: number, path: string): AdapterTensor {
  const { values } = normalMatrix(rows, columns, { seed: 1, path });
  return { shape: [rows, columns], values: Float32Array.from(values) };
}

/** A plain adapter with random factors on q_proj and v_proj. */
function adapter(name: string, options: Partial<LoraConfig> = {}, paths: Iterable<string> = sizes.keys()): Adapter {
  const config = createLoraConfig({ rank: 2, alpha: 6, targetModules: ["q_proj", "v_proj"], ...options });
  const tensors = new Map<string, AdapterTensor>();
  for (const path of paths) {
    const [outFeatures = 0, inFeatures = 0] = sizes.get(path as "layers.0.q_proj") ?? [];
    tensors.set(`${path}.lora_A.weight`, tensor(config.rank, inFeatures, `${name} ${path} A`));
    tensors.set(`${path}.lora_B.weight`, tensor(outFeatures, config.rank, `${name} ${path} B`));
  }
  return { config, tensors, metadata: new Map() };
}

/** s·B·A, or zeros for a layer that the adapter leaves alone. */
function delta({ config, tensors }: Adapter, path: string): Matrix {
  const [outFeatures = 0, inFeatures = 0] = sizes.get(path as "layers.0.q_proj") ?? [];
  const [a, b] = [tensors.get(`${path}.lora_A.weight`), tensors.get(`${path}.lora_B.weight`)];
  if (!a || !b) return createMatrix(outFeatures, inFeatures);
  const product = multiply(
    createMatrix(outFeatures, b.shape[1]!, b.values),
    createMatrix(a.shape[0]!, inFeatures, a.values),
  );
  return { ...product, values: product.values.map((value) => value * scalingOf(config, path)) };
}

/** The largest relative error against Σ w·ΔW over all layers. */
function errorOf(result: Adapter, parts: readonly { readonly adapter: Adapter; readonly weight: number }[]): number {
  return Math.max(
    ...[...sizes.keys()].map((path) => {
      const wanted = parts.map((part) => delta(part.adapter, path).values.map((value) => value * part.weight));
      const sum = wanted.reduce((one, other) => one.map((value, index) => value + other[index]!));
      const got = delta(result, path);
      const difference = { ...got, values: got.values.map((value, index) => value - sum[index]!) };
      return frobeniusNorm(difference) / (frobeniusNorm({ ...got, values: sum }) || 1);
    }),
  );
}

const a = adapter("a");
const b = adapter("b");
const wide = adapter("wide", { rank: 3, alpha: 3, rankStabilized: true });
const pair = [
  { adapter: a, weight: 0.7 },
  { adapter: b, weight: -0.4 },
];
// Steps of a hundredth: beyond, float32 could not hold the products.
const weights = fc.integer({ min: -300, max: 300 }).map((hundredths) => hundredths / 100);

describe("the exact types", () => {
  property.prop([weights, weights, fc.boolean()])(
    "sum the updates for any weights, ranks and scalings",
    (one, other, stable) => {
      const parts = [
        { adapter: adapter("a", { rankStabilized: stable }), weight: one },
        { adapter: wide, weight: other },
      ];
      for (const options of [{ type: "exact" }, { type: "cat" }, { type: "svd", rank: 5 }]) {
        const result = combineAdapters(parts, options);
        expect(errorOf(result, parts)).toBeLessThan(1e-5);
        expect(scalingOf(result.config, "layers.0.q_proj")).toBe(1);
      }
    },
  );

  it("need no more rank than the sum has: an adapter twice keeps its own", () => {
    const twice = [
      { adapter: a, weight: 0.5 },
      { adapter: a, weight: 0.25 },
    ];
    const result = combineAdapters(twice);
    expect(result.config.rank).toBe(2);
    expect(errorOf(result, twice)).toBeLessThan(1e-6);
    expect(combineAdapters(twice, { type: "cat" }).config.rank).toBe(4);
  });

  it("give zero for an adapter less itself", () => {
    const result = combineAdapters([
      { adapter: a, weight: 1 },
      { adapter: a, weight: -1 },
    ]);
    expect(frobeniusNorm(delta(result, "layers.0.q_proj"))).toBeLessThan(1e-6);
  });

  it("combine adapters on different layers, and target just these", () => {
    const parts = [
      { adapter: adapter("one", {}, ["layers.0.q_proj"]), weight: 2 },
      { adapter: adapter("two", { rank: 3 }, ["layers.1.q_proj", "layers.0.v_proj"]), weight: 1 },
    ];
    const result = combineAdapters([
      {
        ...parts[0]!,
        adapter: {
          ...parts[0]!.adapter,
          config: { ...parts[0]!.adapter.config, targetModules: "layers\\.0\\.q_proj" },
        },
      },
      parts[1]!,
    ]);
    expect(errorOf(result, parts)).toBeLessThan(1e-5);
    expect(result.config.targetModules).toEqual(["layers.0.q_proj", "layers.1.q_proj", "layers.0.v_proj"]);
  });

  it("follow rank and alpha by pattern", () => {
    const patterned = adapter("p", { alphaPattern: new Map([["layers\\.1\\..*", 1]]) });
    const parts = [...pair, { adapter: patterned, weight: 1.5 }];
    expect(errorOf(combineAdapters(parts), parts)).toBeLessThan(1e-5);
  });

  it("take convolutions as the matrices they are", () => {
    const config = createLoraConfig({ rank: 1, alpha: 1, targetModules: ["conv"] });
    const kernel = (scale: number): Adapter => ({
      config,
      metadata: new Map(),
      tensors: new Map([
        [
          "conv.lora_A.weight",
          { shape: [1, 2, 1, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6).map((one) => one * scale) },
        ],
        ["conv.lora_B.weight", { shape: [2, 1, 1, 1], values: Float32Array.of(1, -1) }],
      ]),
    });
    const { tensors } = combineAdapters(
      [
        { adapter: kernel(1), weight: 1 },
        { adapter: kernel(2), weight: 1 },
      ],
      { type: "cat" },
    );
    expect(tensors.get("conv.lora_A.weight")?.shape).toEqual([2, 2, 1, 3]);
    expect(tensors.get("conv.lora_B.weight")?.shape).toEqual([2, 2, 1, 1]);
  });
});

describe("svd", () => {
  it("is the best update of its rank", () => {
    const errors = [1, 2, 3, 4].map((rank) => errorOf(combineAdapters(pair, { type: "svd", rank }), pair));
    for (const [index, error] of errors.slice(1).entries()) expect(error).toBeLessThan(errors[index]!);
    expect(errors[3]).toBeLessThan(1e-5);
  });

  it("keeps all entries of the factors within the quantile they are clamped at", () => {
    const { tensors } = combineAdapters(pair, { type: "svd", clamp: 0.8 });
    const values = ["A", "B"].flatMap((part) => [...tensors.get(`layers.0.q_proj.lora_${part}.weight`)!.values]);
    const largest = Math.max(...values);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-largest);
    expect(values.filter((value) => value === largest).length).toBeGreaterThan(1);
  });
});

describe("the methods on A and B apart", () => {
  it("are exact for one adapter", () => {
    const parts = [{ adapter: a, weight: -0.7 }];
    expect(errorOf(combineAdapters(parts, { type: "linear" }), parts)).toBeLessThan(1e-6);
  });

  it("have cross terms for several, unlike the exact types", () => {
    expect(errorOf(combineAdapters(pair, { type: "linear" }), pair)).toBeGreaterThan(0.1);
  });

  it.each(["dare_linear", "magnitude_prune"])("%s with density 1 is linear", (type) => {
    expect(combineAdapters(pair, { type, density: 1 }).tensors).toEqual(
      combineAdapters(pair, { type: "linear" }).tensors,
    );
  });

  it("refuse unequal ranks and say what takes them", () => {
    const parts = [
      { adapter: a, weight: 1, name: "small" },
      { adapter: wide, weight: 1, name: "wide" },
    ];
    expect(() => combineAdapters(parts, { type: "ties", density: 0.5 })).toThrow(UnequalRanksError);
    expect(() => combineAdapters(parts, { type: "linear" })).toThrow(/"small" has 2, "wide" has 3.*"exact"/s);
  });
});

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

describe("PEFT's numbers", () => {
  it("are √rank too large for rank-stabilised adapters, which ours are not", () => {
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
    expect(() => targets(["q_proj"], ".*")).toThrow(CombinationSettingError);
  });
});

describe("what is refused", () => {
  it("is an unknown type, naming the known ones", () => {
    expect(() => combineAdapters(pair, { type: "mean" })).toThrow(UnknownCombinationError);
    expect(() => combineAdapters(pair, { type: "mean" })).toThrow(/exact, cat, svd, linear/);
  });

  it("is no adapter at all, and a weight that is no number", () => {
    expect(() => combineAdapters([])).toThrow(CombinationSettingError);
    expect(() => combineAdapters([{ adapter: a, weight: Number.NaN }])).toThrow(/weight of adapter 1/);
  });

  it.each([{ rank: 0 }, { rank: 1.5 }, { clamp: 2 }])("is a setting out of bounds: %j", (options) => {
    expect(() => combineAdapters(pair, { type: "svd", ...options })).toThrow(CombinationSettingError);
  });

  it.each<Partial<LoraConfig>>([
    { useDora: true },
    { loraBias: true },
    { targetParameters: ["experts"] },
    { trainableTokenIndices: [1] },
    { init: "pissa" },
  ])("is an adapter that is more than B·A: %j", (options) => {
    const parts = [...pair, { adapter: adapter("more", options), weight: 1, name: "more" }];
    expect(() => combineAdapters(parts)).toThrow(UncombinableAdapterError);
    expect(() => combineAdapters(parts)).toThrow(/"more"/);
  });

  it("is a pair of adapters for different bases", () => {
    const other = adapter("other");
    const tensors = new Map(other.tensors);
    tensors.set("layers.0.v_proj.lora_A.weight", tensor(2, 8, "wider"));
    expect(() => combineAdapters([...pair, { adapter: { ...other, tensors }, weight: 1 }])).toThrow(
      CombinationShapeError,
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
    expect(() => combined(saving(1), saving(2))).toThrow(SharedSavedWeightError);
    const result = combined(saving(1), b);
    expect(result.tensors.get("score.weight")?.values[0]).toBe(1);
    expect(result.config.modulesToSave).toEqual(["score"]);
    expect(combined(saving(1), saving(1)).tensors.has("score.weight")).toBe(true);
  });
});
