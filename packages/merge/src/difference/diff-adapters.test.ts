import { subspaceSimilarity } from "@lowrank/math";
import { describe, expect, it } from "vitest";
import { a, adapter, b, delta, wide } from "../../test/random-adapters.ts";
import { combineAdapters } from "../combine/combine-adapters.ts";

import { diffAdapters } from "./diff-adapters.ts";

const paths = ["layers.0.q_proj", "layers.1.q_proj", "layers.0.v_proj"];
const layersOf = (...given: Parameters<typeof diffAdapters>) =>
  new Map(diffAdapters(...given).layers.map((layer) => [layer.path, layer]));

describe("diffAdapters", () => {
  it.each(paths)("measures the updates as if they were complete matrices: %s", (path) => {
    const { norms, distance, cosine } = layersOf(a, wide).get(path)!;
    const [one, other] = [delta(a, path).values, delta(wide, path).values];
    expect(norms[0]).toBeCloseTo(Math.hypot(...one), 5);
    expect(norms[1]).toBeCloseTo(Math.hypot(...other), 5);
    expect(distance).toBeCloseTo(Math.hypot(...one.map((value, index) => value - other[index]!)), 5);
    const inner = one.reduce((sum, value, index) => sum + value * other[index]!, 0);
    expect(cosine).toBeCloseTo(inner / Math.hypot(...one) / Math.hypot(...other), 6);
  });

  it.each(paths)("has the paper's similarity of the updates for every i and j: %s", (path) => {
    const { inputs, outputs } = layersOf(a, wide).get(path)!.similarity;
    expect([inputs.rows, inputs.columns]).toEqual([2, 3]);
    for (const [i, j] of [
      [1, 1],
      [2, 1],
      [1, 3],
      [2, 3],
    ] as const) {
      const of = (side: "left" | "right") => subspaceSimilarity(delta(a, path), delta(wide, path), { i, j, side });
      expect(inputs.values[(i - 1) * 3 + j - 1]).toBeCloseTo(of("right"), 5);
      expect(outputs.values[(i - 1) * 3 + j - 1]).toBeCloseTo(of("left"), 5);
    }
  });

  it("finds nothing between an adapter and the same with other factors, ranks and scaling", () => {
    const same = combineAdapters([{ adapter: wide, weight: 1 }]);
    for (const { distance, norms, cosine, similarity } of diffAdapters(wide, same).layers) {
      expect(distance / norms[0]).toBeLessThan(1e-6);
      expect(cosine).toBeCloseTo(1, 9);
      expect(similarity.inputs.values.at(-1)).toBeCloseTo(1, 9);
    }
  });

  it("lists parts of only one adapter, including full weights, and compares common ones", () => {
    const head = (value: number) => ["score.weight", { shape: [2], values: Float32Array.of(3, value) }] as const;
    const one = { ...a, tensors: new Map([...a.tensors, head(4)]) };
    const part = adapter("part", {}, paths.slice(0, 1));
    expect(diffAdapters(one, part).alone).toEqual([[...paths.slice(1), "score.weight"], []]);
    const both = diffAdapters(one, { ...b, tensors: new Map([...b.tensors, head(9)]) });
    expect(both.saved).toEqual([{ key: "score.weight", distance: 5, relative: 1 }]);
    expect(both.alone).toEqual([[], []]);
  });

  it("has no directions and no cosine for an update of zeros", () => {
    const nothing = combineAdapters([{ adapter: a, weight: 0 }]);
    const { norms, cosine, similarity } = diffAdapters(a, nothing).layers[0]!;
    expect(norms[1]).toBe(0);
    expect(cosine).toBeNaN();
    expect(similarity.inputs.columns).toBe(0);
  });

  it("refuses adapters of other widths, and variants of LoRA", () => {
    const key = "layers.0.q_proj.lora_A.weight";
    const narrow = { ...a, tensors: new Map(a.tensors).set(key, { shape: [2, 3], values: new Float32Array(6) }) };
    expect(() => diffAdapters(a, narrow)).toThrow(expect.objectContaining({ code: "COMBINATION_SHAPE" }));
    expect(() => diffAdapters(a, adapter("dora", { useDora: true }))).toThrow(
      expect.objectContaining({ code: "UNCOMBINABLE_ADAPTER" }),
    );
  });
});
