import { scalingOf } from "@lowrank/adapter-format";
import { rankOf } from "@lowrank/adapter-format/internal";

import { describe, expect, it } from "vitest";
import { adapter, delta, errorOf, wide } from "../../test/random-adapters.ts";
import { combineAdapters } from "../combine/combine-adapters.ts";

import { reduceAdapter } from "./reduce-adapter.ts";

const paths = ["layers.0.q_proj", "layers.1.q_proj", "layers.0.v_proj"];

describe("reduceAdapter", () => {
  it("equals the best update of the rank, as from combining by decomposition", () => {
    const { adapter: reduced, layers } = reduceAdapter(wide, { rank: 2 });
    const expected = combineAdapters([{ adapter: wide, weight: 1 }], { type: "svd", rank: 2 });
    expect(reduced.tensors).toEqual(expected.tensors);
    expect(layers.map(({ path, rankBefore, rank }) => [path, rankBefore, rank])).toEqual(
      paths.map((path) => [path, 3, 2]),
    );
  });

  it("reports the removed share of each layer", () => {
    const { adapter: reduced, layers } = reduceAdapter(wide, { rank: 1 });
    for (const { path, error, norm } of layers) {
      const [before, after] = [delta(wide, path).values, delta(reduced, path).values];
      const lost = Math.hypot(...before.map((value, index) => value - after[index]!));
      expect(norm).toBeCloseTo(Math.hypot(...before), 5);
      expect(error).toBeCloseTo(lost / Math.hypot(...before), 5);
      expect(error).toBeGreaterThan(0.01);
    }
  });

  it("uses the minimum rank for each layer with the share, and writes it to the file", () => {
    const { adapter: reduced, layers } = reduceAdapter(wide, { energy: 0.9 });
    for (const { path, rank, error } of layers) {
      expect(error ** 2).toBeLessThanOrEqual(0.1 + 1e-12);
      if (rank > 1) {
        const fewer = reduceAdapter(wide, { rank: rank - 1 }).layers.find((layer) => layer.path === path);
        expect(fewer!.error ** 2).toBeGreaterThan(0.1);
      }
      expect(rankOf(reduced.config, path)).toBe(rank);
      expect(scalingOf(reduced.config, path)).toBe(1);
      expect(reduced.tensors.get(`${path}.lora_A.weight`)!.shape[0]).toBe(rank);
    }
    expect(new Set(layers.map(({ rank }) => rank)).size).toBeGreaterThan(1);
  });

  it("undoes a sum's spare rank without loss", () => {
    const twice = combineAdapters(
      [wide, wide].map((one) => ({ adapter: one, weight: 0.5 })),
      { type: "cat" },
    );
    const { adapter: reduced, layers } = reduceAdapter(twice, { energy: 1 });
    expect(layers.map(({ rankBefore, rank }) => [rankBefore, rank])).toEqual(paths.map(() => [6, 3]));
    expect(errorOf(reduced, [{ adapter: wide, weight: 1 }])).toBeLessThan(1e-6);
  });

  it("keeps an untrained adapter's zeros, of rank 1 and without an error", () => {
    const untrained = {
      ...wide,
      tensors: new Map(
        [...wide.tensors].map(([key, { shape, values }]) => [
          key,
          { shape, values: key.includes("lora_B") ? new Float32Array(values.length) : values },
        ]),
      ),
    };
    const { layers } = reduceAdapter(untrained, { energy: 0.5 });
    expect(layers.map(({ rank, norm, error }) => [rank, norm, error])).toEqual(paths.map(() => [1, 0, 0]));
  });

  it("requires a rank or share, and refuses invalid ranks and shares beyond 1", () => {
    expect(() => reduceAdapter(wide, {})).toThrow(expect.objectContaining({ code: "INVALID_SETTING" }));
    expect(() => reduceAdapter(wide, { energy: 1.5 })).toThrow(expect.objectContaining({ code: "INVALID_SETTING" }));
    expect(() => reduceAdapter(wide, { rank: 0 })).toThrow(expect.objectContaining({ code: "INVALID_RANK" }));
  });

  it("refuses variants of LoRA", () => {
    expect(() => reduceAdapter(adapter("dora", { useDora: true }), { rank: 1 })).toThrow(
      expect.objectContaining({ code: "UNCOMBINABLE_ADAPTER" }),
    );
  });
});
