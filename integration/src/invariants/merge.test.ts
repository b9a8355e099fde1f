// Invariants 10 to 13: adapters folded into weights, and into each other.

import { type Adapter, loraKeys, scalingOf } from "@lowrank/adapter-format";
import { activeAdapters } from "@lowrank/contracts";
import { type AdapterHandle, attachAdapter } from "@lowrank/inject";
import {
  AlreadyMergedError,
  combineAdapters,
  LaterMergeError,
  mergeAdapter,
  NonFiniteMergeError,
  TiedWeightError,
  UnequalRanksError,
} from "@lowrank/merge";
import { expectClose } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anySize, distance, examples, expectNear, tensorsOf, trainedAdapter, weightsOf } from "./adapters.ts";
import { anySubject, embeddingTarget, linearTargets, onCpu, type Subject, withSubject } from "./subjects.ts";

onCpu();

const active = { adapters: activeAdapters("default") };

describe("10. merging keeps what the model computes, and undoing it keeps every bit of the base", () => {
  it("for any layers, ranks and scalings", () =>
    fc.assert(
      fc.asyncProperty(anySubject, anySize, (name, size) =>
        withSubject(name, async (subject) => {
          const [weights, base] = [weightsOf(subject.model), subject.logits()];
          const handle = trainedAdapter(subject, size);
          const adapted = subject.logits(active);
          const merged = await mergeAdapter(subject.model, handle);
          expectNear(subject.logits(), adapted);
          merged.undo();
          expect(weightsOf(subject.model)).toEqual(weights);
          expectClose(subject.logits(), base, 0);
          expectClose(subject.logits(active), adapted, 0);
          handle.dispose();
        }),
      ),
      examples,
    ));

  it("merging twice is refused and changes nothing; undoing twice does nothing more", () =>
    withSubject("gpt2", async (subject) => {
      const weights = weightsOf(subject.model);
      const handle = trainedAdapter(subject);
      const merged = await mergeAdapter(subject.model, handle);
      const once = weightsOf(subject.model);
      await expect(mergeAdapter(subject.model, handle)).rejects.toThrow(AlreadyMergedError);
      expect(weightsOf(subject.model)).toEqual(once);
      merged.undo();
      merged.undo();
      expect(weightsOf(subject.model)).toEqual(weights);
      handle.dispose();
    }));

  it("the order does not matter, and one by one comes to the same as all at once", () =>
    fc.assert(
      fc.asyncProperty(anySubject, (name) =>
        withSubject(name, async (subject) => {
          const [a, b] = [
            trainedAdapter(subject, {}, { name: "a", seed: 1 }),
            trainedAdapter(subject, {}, { name: "b", seed: 2 }),
          ];
          const base = weightsOf(subject.model);
          const merge = async (...handles: AdapterHandle[]) => {
            const merged = await mergeAdapter(subject.model, handles);
            const weights = weightsOf(subject.model);
            return { merged, weights };
          };
          const together = await merge(a, b);
          together.merged.undo();
          const turned = await merge(b, a);
          turned.merged.undo();
          expect(turned.weights).toEqual(together.weights);
          const [first, second] = [await merge(b), await merge(a)];
          for (const [path, weight] of second.weights) expectNear(weight, together.weights.get(path)!, 1e-6);
          expect(() => first.merged.undo()).toThrow(LaterMergeError);
          second.merged.undo();
          first.merged.undo();
          expect(weightsOf(subject.model)).toEqual(base);
          a.dispose();
          b.dispose();
        }),
      ),
      examples,
    ));

  it("after merging, the adapter can go and a plain model is left; after detaching, the base", () =>
    withSubject("llama-gqa", async (subject) => {
      const base = subject.logits();
      const other = trainedAdapter(subject, {}, { name: "other", seed: 3 });
      other.detach();
      expectClose(subject.logits(), base, 0);
      expect(() => subject.logits({ adapters: activeAdapters("other") })).toThrow(/other/);
      other.dispose();
      const handle = trainedAdapter(subject);
      const adapted = subject.logits(active);
      await mergeAdapter(subject.model, handle);
      handle.dispose();
      expectNear(subject.logits(), adapted);
      expect(() => subject.logits(active)).toThrow(/default/);
    }));
});

describe("11. an adapter with NaN or infinity is not merged, and no weight of the model changes", () => {
  it("wherever in it they are", () =>
    fc.assert(
      fc.asyncProperty(
        anySubject,
        fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
        fc.nat(),
        (name, broken, place) =>
          withSubject(name, async (subject) => {
            const handle = trainedAdapter(subject, { bias: "lora_only" });
            const variables = [...handle.variables.values()];
            const variable = variables[place % variables.length]!;
            const values = Float32Array.from(variable.dataSync());
            values[place % values.length] = broken;
            tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
            const before = weightsOf(subject.model);
            await expect(mergeAdapter(subject.model, handle)).rejects.toThrow(NonFiniteMergeError);
            expect(weightsOf(subject.model)).toEqual(before);
            expect(handle.isAttached).toBe(true);
            handle.dispose();
          }),
      ),
      { ...examples, numRuns: 8 },
    ));
});

describe("12. every kind of layer merges and comes back", () => {
  it.each([
    ["GPT-2's Conv1D, stored the other way round", "gpt2", { targetModules: ["c_attn"], fanInFanOut: true }],
    ["an embedding", "llama-gqa", { targetModules: ["embed_tokens"] }],
    ["an untied output head", "llama-gqa", { targetModules: ["lm_head"] }],
    ["biases of the base", "bert-seqcls", { targetModules: ["query"], bias: "all" }],
    ["a classifier trained whole", "bert-seqcls", { targetModules: ["query"], modulesToSave: ["classifier"] }],
  ] as const)("%s", (_, name, config) =>
    withSubject(name, (subject) => mergeAndUndo(subject, trainedAdapter(subject, config))),
  );

  it("a table that the output head shares is not merged silently, but apart if asked to", () =>
    withSubject("gpt2", async (subject) => {
      const before = weightsOf(subject.model);
      const handle = trainedAdapter(subject, { targetModules: [embeddingTarget.gpt2] });
      const adapted = subject.logits(active);
      await expect(mergeAdapter(subject.model, handle)).rejects.toThrow(TiedWeightError);
      expect(weightsOf(subject.model)).toEqual(before);
      const merged = await mergeAdapter(subject.model, handle, { tied: "untie" });
      expectNear(subject.logits(), adapted);
      merged.undo();
      expect(weightsOf(subject.model)).toEqual(before);
      handle.dispose();
    }));
});

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

async function mergeAndUndo(subject: Subject, handle: AdapterHandle): Promise<void> {
  const before = weightsOf(subject.model);
  const adapted = subject.logits(active);
  expect(distance(adapted, subject.logits())).toBeGreaterThan(1e-4);
  const merged = await mergeAdapter(subject.model, handle);
  expectNear(subject.logits(), adapted);
  expect(weightsOf(subject.model)).not.toEqual(before);
  merged.undo();
  expect(weightsOf(subject.model)).toEqual(before);
  expectClose(subject.logits(active), adapted, 0);
  handle.dispose();
}

/** An adapter as a file holds it. */
async function fileOf(subject: Subject, config: Parameters<typeof trainedAdapter>[1], seed: number): Promise<Adapter> {
  const handle = trainedAdapter(subject, { targetModules: [...linearTargets[subject.name]], ...config }, { seed });
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
