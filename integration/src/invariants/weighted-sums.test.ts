// Invariant 13: several adapters combined into one.

import { type Adapter, type LoraConfig, loraKeys, scalingOf } from "@lowrank/adapter-format";
import { activeAdapters } from "@lowrank/contracts";
import { attachAdapter } from "@lowrank/inject";
import { combineAdapters, UnequalRanksError } from "@lowrank/merge";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anySize, examples, expectNear, tensorsOf, trainedAdapter } from "./adapters.ts";
import { onCpu, type Subject, withSubject } from "./subjects.ts";

onCpu();

describe("13. a weighted sum of adapters is the weighted sum of their updates", () => {
  const anyWeight = fc.constantFrom(-1.5, -0.25, 0, 0.5, 1, 2);

  it("one adapter with the weight w has w times its update, for every exact type", () =>
    fc.assert(
      fc.asyncProperty(anySize, anyWeight, fc.constantFrom("exact", "cat", "linear", "svd"), (size, weight, type) =>
        withSubject("hand-made", async (subject) => {
          const adapter = await fileOf(subject, size, 1);
          const combined = combineAdapters([{ adapter, weight }], { type });
          expectDeltas(combined, [{ adapter, weight }]);
        }),
      ),
      { ...examples, numRuns: 16 },
    ));

  it("exact, cat and svd of full rank: Σ wᵢ·ΔWᵢ for any ranks, scalings and signs", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ size: anySize, weight: anyWeight }), { minLength: 2, maxLength: 3 }),
        fc.constantFrom("exact", "cat", "svd"),
        (parts, type) =>
          withSubject("hand-made", async (subject) => {
            const sources = [];
            for (const [index, { size, weight }] of parts.entries())
              sources.push({ adapter: await fileOf(subject, size, index), weight });
            expectDeltas(combineAdapters(sources, { type, rank: 12 }), sources);
          }),
      ),
      { ...examples, numRuns: 16 },
    ));

  it("the model computes with the sum what it computes with all of them selected", () =>
    withSubject("llama-gqa", async (subject) => {
      const [a, b] = [
        trainedAdapter(subject, { rank: 3, alpha: 4 }, { name: "a", seed: 1 }),
        trainedAdapter(subject, { rank: 1, rankStabilized: true }, { name: "b", seed: 2 }),
      ];
      const adapters = [
        { name: "a", weight: 0.7 },
        { name: "b", weight: -0.4 },
      ];
      const expected = subject.logits({ adapters: { kind: "active", adapters } });
      const sum = combineAdapters([
        { adapter: await a.toAdapter(), weight: 0.7 },
        { adapter: await b.toAdapter(), weight: -0.4 },
      ]);
      const handle = attachAdapter(subject.model, sum, { name: "sum" });
      expectNear(subject.logits({ adapters: activeAdapters("sum") }), expected);
      for (const one of [handle, a, b]) one.dispose();
    }));

  it("methods that work on each half apart refuse ranks that differ, by name", () =>
    withSubject("hand-made", async (subject) => {
      const sources = [
        { adapter: await fileOf(subject, { rank: 1 }, 1), weight: 1, name: "narrow" },
        { adapter: await fileOf(subject, { rank: 2 }, 2), weight: 1, name: "wide" },
      ];
      expect(() => combineAdapters(sources, { type: "linear" })).toThrow(UnequalRanksError);
      expect(() => combineAdapters(sources, { type: "ties", density: 0.5 })).toThrow(/narrow.*wide/);
    }));

  it("methods that drop entries give the same for the same seed, and with density 1 drop none", () =>
    withSubject("hand-made", async (subject) => {
      const sources = [
        { adapter: await fileOf(subject, { rank: 2 }, 1), weight: 0.5 },
        { adapter: await fileOf(subject, { rank: 2 }, 2), weight: 0.5 },
      ];
      const dare = (seed: number, density: number) =>
        tensorsOf(combineAdapters(sources, { type: "dare_linear", density, seed }));
      expect(dare(7, 0.5)).toEqual(dare(7, 0.5));
      expect(dare(7, 0.5)).not.toEqual(dare(8, 0.5));
      expect(dare(7, 1)).toEqual(tensorsOf(combineAdapters(sources, { type: "linear" })));
      const ties = () => tensorsOf(combineAdapters(sources, { type: "ties", density: 0.5 }));
      expect(ties()).toEqual(ties());
    }));
});

/** An adapter as a file holds it. */
async function fileOf(subject: Subject, config: Partial<LoraConfig>, seed: number): Promise<Adapter> {
  const handle = trainedAdapter(subject, { ...config }, { seed });
  const adapter = await handle.toAdapter();
  handle.dispose();
  return adapter;
}

interface Weighted {
  readonly adapter: Adapter;
  readonly weight: number;
}

/** Throws unless the combined adapter's update is Σ wᵢ·sᵢ·Bᵢ·Aᵢ at every layer. */
function expectDeltas(combined: Adapter, sources: readonly Weighted[]): void {
  for (const path of pathsOf(sources[0]!.adapter)) {
    const deltas = sources.map(({ adapter, weight }) => deltaOf(adapter, path).map((value) => value * weight));
    const sum = deltas[0]!.map((_, index) => deltas.reduce((total, delta) => total + delta[index]!, 0));
    expectNear(deltaOf(combined, path), sum, 1e-5);
  }
}

function pathsOf({ tensors }: Adapter): readonly string[] {
  return [...tensors.keys()].flatMap((key) => /^(.*)\.lora_A\.weight$/.exec(key)?.[1] ?? []);
}

/** s·B·A [outFeatures, inFeatures], row by row, multiplied out by hand. */
function deltaOf({ config, tensors }: Adapter, path: string): readonly number[] {
  const [a, b] = [tensors.get(loraKeys(path).a)!, tensors.get(loraKeys(path).b)!];
  const [rank = 0, inFeatures = 0] = a.shape;
  const [outFeatures = 0] = b.shape;
  const scale = scalingOf(config, path);
  return Array.from({ length: outFeatures * inFeatures }, (_, place) => {
    const [o, i] = [Math.floor(place / inFeatures), place % inFeatures];
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += b.values[o * rank + k]! * a.values[k * inFeatures + i]!;
    return scale * sum;
  });
}
