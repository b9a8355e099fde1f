import { fc, it as property } from "@fast-check/vitest";
import { type Adapter, createLoraConfig, scalingOf } from "@lowrank/adapter-format";
import { spreadBlocks } from "@lowrank/adapter-format/internal";
import { frobeniusNorm } from "@lowrank/math";
import { describe, expect, it } from "vitest";
import { a, adapter, delta, errorOf, pair, tensor, weights, wide } from "../../test/random-adapters.ts";
import { combineAdapters } from "./combine-adapters.ts";

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

  it("expand blocks over their diagonals, if another adapter has numbers next to them", () => {
    const blockDiagonal = { target_modules_bd_b: ["q_proj"], nblocks: 7, match_strict: false };
    const { tensors, ...rest } = adapter("blocks", { rank: 7, blockDiagonal });
    const ofB = [...tensors.keys()].filter((key) => key.endsWith("q_proj.lora_B.weight"));
    const blocks = { ...rest, tensors: new Map([...tensors, ...ofB.map((key) => [key, tensor(7, 1, key)] as const)]) };
    const combined = (one: Adapter) => [
      { adapter: one, weight: 0.5 },
      { adapter: a, weight: -2 },
    ];
    for (const type of ["exact", "cat"]) {
      const result = combineAdapters(combined(blocks), { type });
      expect(errorOf(result, combined(spreadBlocks(blocks)))).toBeLessThan(1e-5);
      expect(result.config.blockDiagonal).toBeNull();
    }
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

  it("clamps factors of the size that large models have", () => {
    const config = createLoraConfig({ rank: 16, targetModules: ["q"] });
    const factor = (shape: readonly number[], path: string) => {
      const values = Float32Array.from({ length: 65_536 }, (_, index) => Math.sin(index + path.length));
      return { shape, values };
    };
    const tensors = new Map([
      ["q.lora_A.weight", factor([16, 4096], "A")],
      ["q.lora_B.weight", factor([4096, 16], "of B")],
    ]);
    const large: Adapter = { config, metadata: new Map(), tensors };
    const result = combineAdapters([{ adapter: large, weight: 1 }], { type: "svd", rank: 16, clamp: 0.99 });
    expect(result.tensors.get("q.lora_A.weight")?.shape).toEqual([16, 4096]);
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

  it("refuse unequal ranks and name the methods that accept them", () => {
    const parts = [
      { adapter: a, weight: 1, name: "small" },
      { adapter: wide, weight: 1, name: "wide" },
    ];
    expect(() => combineAdapters(parts, { type: "ties", density: 0.5 })).toThrow(
      expect.objectContaining({ code: "UNEQUAL_RANKS" }),
    );
    expect(() => combineAdapters(parts, { type: "linear" })).toThrow(/"small" has 2, "wide" has 3.*"exact"/s);
  });
});
