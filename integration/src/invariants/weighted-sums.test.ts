// Invariant 13: several adapters combined into one.

import { type Adapter, type LoraConfig, scalingOf } from "@lowrank/adapter-format";
import { loraKeys } from "@lowrank/adapter-format/internal";
import { activeAdapters } from "@lowrank/contracts";
import { attachAdapter } from "@lowrank/inject";
import { combineAdapters } from "@lowrank/merge";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anySize, distance, examples, expectNear, tensorsOf, trainedAdapter } from "./adapters.ts";
import { onCpu, type Subject, withSubject } from "./subjects.ts";
import { variants } from "./variants.ts";

onCpu();

/** Kinds of layers, each with plain A and B: every method refuses other variants. */
const kindsOfLayers: ReadonlySet<string> = new Set([
  ...["linear maps", "GPT-2's Conv1D", "an embedding", "an untied output head", "a table that is shared"],
  ...["biases of the base", "convolutions"],
]);
const summable = variants.filter(({ name }) => kindsOfLayers.has(name));

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

  it.each(summable.flatMap((variant) => ["exact", "cat", "svd"].map((type) => ({ ...variant, type }))))(
    "the model computes with the sum what it computes with all of them selected: $name, $type",
    (variant) =>
      withSubject(variant.subject, async (subject) => {
        const { type, config } = variant;
        const parts = [
          { name: "a", weight: 0.7, size: { rank: 3, alpha: 4 } },
          { name: "b", weight: -0.4, size: { rank: 1, rankStabilized: true } },
        ];
        const sources = [];
        const handles = parts.map(({ name, size }, index) =>
          trainedAdapter(subject, { ...config, ...size }, { name, seed: index + 1 }),
        );
        for (const [index, { weight }] of parts.entries())
          sources.push({ adapter: await handles[index]!.toAdapter(), weight });
        const expected = subject.logits({ adapters: { kind: "active", adapters: parts } });
        expect(distance(expected, subject.logits())).toBeGreaterThan(1e-2);
        const sum = combineAdapters(sources, { type, ...(type === "svd" && { rank: 4 }) });
        const handle = attachAdapter(subject.model, sum, { name: "sum" });
        expectNear(subject.logits({ adapters: activeAdapters("sum") }), expected);
        for (const one of [handle, ...handles]) one.dispose();
      }),
  );

  it.each([
    ["DoRA on linear maps", /use_dora/],
    ["experts", /target_parameters.*experts\.weight/],
    ["a bias on B", /lora_bias/],
    ["single tokens", /trainable_token_indices/],
  ])("what is more than a plain pair has no sum, and is refused by name: %s", (name, reason) => {
    const variant = variants.find((one) => one.name === name)!;
    return withSubject(variant.subject, async (subject) => {
      const sources = [{ adapter: await fileOf(subject, variant.config, 1), weight: 1 }];
      expect(() => combineAdapters(sources)).toThrow(expect.objectContaining({ code: "UNCOMBINABLE_ADAPTER" }));
      expect(() => combineAdapters(sources)).toThrow(reason);
    });
  });

  it("methods that combine A and B separately refuse different ranks, by name", () =>
    withSubject("hand-made", async (subject) => {
      const sources = [
        { adapter: await fileOf(subject, { rank: 1 }, 1), weight: 1, name: "narrow" },
        { adapter: await fileOf(subject, { rank: 2 }, 2), weight: 1, name: "wide" },
      ];
      expect(() => combineAdapters(sources, { type: "linear" })).toThrow(
        expect.objectContaining({ code: "UNEQUAL_RANKS" }),
      );
      expect(() => combineAdapters(sources, { type: "ties", density: 0.5 })).toThrow(/narrow.*wide/);
    }));

  it.each(sparse)("%s has the same result for the same seed", (type) =>
    withTwo((sources) => {
      const combined = (seed: number) => tensorsOf(combineAdapters(sources, { type, density: 0.5, seed }));
      expect(combined(7)).toEqual(combined(7));
      if (type.startsWith("dare")) expect(combined(7)).not.toEqual(combined(8));
      else expect(combined(7)).toEqual(combined(8));
    }),
  );

  it.each([
    ["magnitude_prune", "linear"],
    ["dare_linear", "linear"],
    ["dare_ties", "ties"],
  ])("%s with density 1 drops nothing: it is %s", (type, other) =>
    withTwo((sources) => {
      const kept = combineAdapters(sources, { type, density: 1, seed: 7 });
      expect(tensorsOf(kept)).toEqual(tensorsOf(combineAdapters(sources, { type: other, density: 1 })));
    }),
  );

  it.each(["magnitude_prune_svd", "dare_linear_svd"])("%s with density 1 and full rank is the sum itself", (type) =>
    withTwo((sources) => {
      expectDeltas(combineAdapters(sources, { type, density: 1, rank: 4 }), sources);
    }),
  );

  it("ties with density 1 is linear for one adapter, and for two the mean of entries with the majority's sign", () =>
    withTwo((sources) => {
      const [one, other] = sources.map((source) => {
        const alone = tensorsOf(combineAdapters([source], { type: "linear" }));
        expect(tensorsOf(combineAdapters([source], { type: "ties", density: 1 }))).toEqual(alone);
        return alone;
      });
      for (const [key, values] of tensorsOf(combineAdapters(sources, { type: "ties", density: 1 }))) {
        const wanted = values.map((_, index) => meanOfMajority([one!.get(key)![index]!, other!.get(key)![index]!]));
        expectNear(values, wanted, 1e-6);
      }
    }));
});

const sparse = ["magnitude_prune", "ties", "dare_linear", "dare_ties"].flatMap((type) => [type, `${type}_svd`]);

/** The mean of the numbers that have the sign of their sum. */
function meanOfMajority(entries: readonly number[]): number {
  const sum = entries.reduce((total, entry) => total + entry, 0);
  const same = entries.filter((entry) => Math.sign(entry) === Math.sign(sum));
  return same.reduce((total, entry) => total + entry, 0) / Math.max(1, same.length);
}

/** Two adapters of the same rank with the same weight. */
function withTwo(check: (sources: readonly Weighted[]) => void): Promise<void> {
  return withSubject("hand-made", async (subject) => {
    check([
      { adapter: await fileOf(subject, { rank: 2 }, 1), weight: 0.5 },
      { adapter: await fileOf(subject, { rank: 2 }, 2), weight: 0.5 },
    ]);
  });
}

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
  return Array.from({ length: outFeatures * inFeatures }, (_, position) => {
    const [o, i] = [Math.floor(position / inFeatures), position % inFeatures];
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += b.values[o * rank + k]! * a.values[k * inFeatures + i]!;
    return scale * sum;
  });
}
