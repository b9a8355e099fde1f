// Invariants 10 to 12: adapters folded into weights, and taken out again.

import { activeAdapters } from "@lowrank/contracts";
import type { AdapterHandle } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import { expectClose } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anySize, differing, distance, examples, expectNear, trainedAdapter, weightsOf } from "./adapters.ts";
import { anySubject, onCpu, withSubject } from "./subjects.ts";
import { mergedVariants, moved, type Variant, variants } from "./variants.ts";

onCpu();

const active = { adapters: activeAdapters("default") };

describe("10. merging keeps the outputs, and undoing it restores every bit of the base", () => {
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
          expect(differing(weightsOf(subject.model), weights)).toEqual([]);
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
      await expect(mergeAdapter(subject.model, handle)).rejects.toThrow(
        expect.objectContaining({ code: "ALREADY_MERGED" }),
      );
      expect(differing(weightsOf(subject.model), once)).toEqual([]);
      merged.undo();
      merged.undo();
      expect(differing(weightsOf(subject.model), weights)).toEqual([]);
      handle.dispose();
    }));

  it("any order, one by one or all together, gives the same result", () =>
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
          const reversed = await merge(b, a);
          reversed.merged.undo();
          expect(differing(reversed.weights, together.weights)).toEqual([]);
          const [first, second] = [await merge(b), await merge(a)];
          for (const [path, weight] of second.weights) expectNear(weight, together.weights.get(path)!, 1e-6);
          expect(() => first.merged.undo()).toThrow(expect.objectContaining({ code: "LATER_MERGE" }));
          second.merged.undo();
          first.merged.undo();
          expect(differing(weightsOf(subject.model), base)).toEqual([]);
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
        fc.constantFrom(...mergedVariants.filter(({ isTied }) => !isTied)),
        fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
        fc.nat(),
        (variant, broken, index) =>
          withSubject(variant.subject, async (subject) => {
            const before = weightsOf(subject.model);
            const handle = moved(subject, variant);
            const variables = [...handle.variables.values()];
            const variable = variables[index % variables.length]!;
            const values = Float32Array.from(variable.dataSync());
            values[index % values.length] = broken;
            tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
            await expect(mergeAdapter(subject.model, handle)).rejects.toThrow(
              expect.objectContaining({ code: "NON_FINITE_MERGE" }),
            );
            expect(differing(weightsOf(subject.model), before)).toEqual([]);
            expect(handle.isAttached).toBe(true);
            handle.dispose();
          }),
      ),
      { ...examples, numRuns: 10 },
    ));
});

describe("12. every kind of layer and adapter can be merged and restored", () => {
  it.each(mergedVariants)("$name", (variant) =>
    withSubject(variant.subject, async (subject) => {
      const before = weightsOf(subject.model);
      const handle = moved(subject, variant);
      const adapted = subject.logits(active);
      expect(distance(adapted, subject.logits())).toBeGreaterThan(1e-3);
      if (variant.isTied) {
        await expect(mergeAdapter(subject.model, handle)).rejects.toThrow(
          expect.objectContaining({ code: "TIED_WEIGHT" }),
        );
        expect(differing(weightsOf(subject.model), before)).toEqual([]);
      }
      const merged = await mergeAdapter(subject.model, handle, variant.isTied ? { tied: "untie" } : {});
      expectNear(subject.logits(), adapted);
      expect(differing(weightsOf(subject.model), before)).not.toEqual([]);
      merged.undo();
      expect(differing(weightsOf(subject.model), before)).toEqual([]);
      expectClose(subject.logits(active), adapted, 0);
      handle.dispose();
    }),
  );

  it.each(variants.filter(({ isNotMerged }) => isNotMerged))("or is refused, layer by layer: $name", (variant) =>
    withSubject(variant.subject, async (subject) => {
      const before = weightsOf(subject.model);
      const handle = moved(subject, variant);
      const problems = handle.sites.map(({ site }) => ({
        path: `${site.path}.weight`,
        problem: expect.stringContaining("alora_invocation_tokens"),
      }));
      await expect(mergeAdapter(subject.model, handle)).rejects.toMatchObject({ code: "UNMERGEABLE", problems });
      expect(differing(weightsOf(subject.model), before)).toEqual([]);
      handle.dispose();
    }),
  );

  const anyPair = fc
    .constantFrom(...mergedVariants)
    .chain((one) =>
      fc
        .constantFrom(...mergedVariants.filter(({ subject }) => subject === one.subject))
        .map((other) => [one, other] as const),
    );

  it("any two of them together, as they act when both are selected", () =>
    fc.assert(
      fc.asyncProperty(anyPair, (pair) => mergesTogether(pair)),
      { ...examples, numRuns: 10 },
    ));

  // Selected together, DoRA stretches what an earlier adapter's bias on B adds, as in PEFT.
  it("a bias on B and then DoRA on the same layer", () => {
    const bias: Variant = {
      name: "a bias on B",
      subject: "gpt2",
      config: { loraBias: true, targetModules: ["c_attn"] },
    };
    return mergesTogether([bias, { ...bias, config: { useDora: true, targetModules: ["c_attn"] } }]);
  });

  it.each([
    [
      "a bias on B where the layer has none",
      "llama-gqa",
      { loraBias: true, targetModules: ["q_proj"] },
      /q_proj.*no bias/s,
    ],
    ["a convolution in groups", "pictures", { targetModules: ["grouped"] }, /grouped.*groups/s],
  ] as const)("%s is refused by the layer's path, and nothing changes", (_, name, config, message) =>
    withSubject(name, async (subject) => {
      const before = weightsOf(subject.model);
      const handle = trainedAdapter(subject, config);
      await expect(mergeAdapter(subject.model, handle)).rejects.toThrow(
        expect.objectContaining({ code: "UNMERGEABLE" }),
      );
      await expect(mergeAdapter(subject.model, handle)).rejects.toThrow(message);
      expect(differing(weightsOf(subject.model), before)).toEqual([]);
      handle.dispose();
    }),
  );
});

/** Selects two adapters, merges both, and takes the merge back. */
function mergesTogether([one, other]: readonly [Variant, Variant]): Promise<void> {
  return withSubject(one.subject, async (subject) => {
    const before = weightsOf(subject.model);
    const handles = [moved(subject, one, { name: "a" }), moved(subject, other, { name: "b", seed: 2 })];
    const adapted = subject.logits({ adapters: activeAdapters("a", "b") });
    const merged = await mergeAdapter(subject.model, handles, { tied: "untie" });
    const logits = subject.logits();
    merged.undo();
    expect(differing(weightsOf(subject.model), before)).toEqual([]);
    for (const handle of handles) handle.dispose();
    expectNear(logits, adapted);
  });
}
