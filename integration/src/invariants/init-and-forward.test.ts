// Invariants 1 and 3 to 5: what an adapter adds to what the model computes, from its start on.

import { createLoraConfig, parseLoraConfig, scalingOf } from "@lowrank/adapter-format";
import { loraKeys } from "@lowrank/adapter-format/internal";
import { activeAdapters, type Site } from "@lowrank/contracts";
import {
  type AdapterHandle,
  injectAdapter,
  measureGradients,
  measureInputs,
  partsOf,
  planInjection,
} from "@lowrank/inject";
import { UnsupportedSiteError } from "@lowrank/inject/internal";
import { expectClose } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  anySeed,
  anySize,
  differing,
  distance,
  examples,
  expectNear,
  newAdapter,
  trainedAdapter,
  weightsOf,
} from "./adapters.ts";
import { anySubject, embeddingTarget, linearTargets, onCpu, withSubject } from "./subjects.ts";
import { fresh, unroundedVariants } from "./variants.ts";

onCpu();

const active = { adapters: activeAdapters("default") };

describe("1. zero-initialized adapters leave the output exactly as it was", () => {
  it("for linear maps and embeddings of any rank, alpha and scaling", () =>
    fc.assert(
      fc.asyncProperty(anySubject, anySize, fc.constantFrom(true, "gaussian"), (name, size, init) =>
        withSubject(name, (subject) => {
          const before = subject.logits();
          const targetModules = [...linearTargets[name], embeddingTarget[name]];
          const handle = newAdapter(subject, { ...size, init, targetModules });
          expectClose(subject.logits(active), before, 0);
          handle.dispose();
        }),
      ),
      examples,
    ));

  it.each(unroundedVariants)("to 1e-5 at most: $name", (variant) =>
    withSubject(variant.subject, (subject) => {
      const before = subject.logits();
      const handle = fresh(subject, variant);
      expectNear(subject.logits(active), before, 1e-5);
      handle.dispose();
    }),
  );

  it.each([
    ["eva", {}],
    ["corda", { cordaConfig: { corda_method: "kpm" } }],
    ["lora_ga", {}],
  ] as const)("to 1e-5 at most, started from data: %s", (init, settings) =>
    withSubject("llama-gqa", async (subject) => {
      const { model } = subject;
      const [before, weights] = [subject.logits(), weightsOf(model)];
      const config = createLoraConfig({ rank: 2, alpha: 2, init, targetModules: "all-linear", ...settings });
      const plan = planInjection(model, config);
      const measured =
        init === "lora_ga"
          ? await measureGradients(model, plan, [({ adapters }) => subject.loss({ adapters })])
          : await measureInputs(model, plan, { run: ({ adapters }) => void subject.logits({ adapters }) });
      const handle = injectAdapter(model, plan, { seed: 1, measured });
      expectNear(subject.logits(active), before, 1e-5);
      expect(differing(weightsOf(model), weights)).toEqual([]);
      handle.dispose();
    }),
  );

  it("only those: with init false the output changes", () =>
    fc.assert(
      fc.asyncProperty(anySubject, anySeed, (name, seed) =>
        withSubject(name, (subject) => {
          const handle = newAdapter(subject, { init: false }, { seed });
          expect(distance(subject.logits(active), subject.logits())).toBeGreaterThan(1e-3);
          handle.dispose();
        }),
      ),
      examples,
    ));
});

describe("3. the scaling is α/r or α/√r, and changing it leaves no trace", () => {
  it("with any rank and alpha patterns for a layer", () =>
    fc.assert(
      fc.asyncProperty(anySubject, anySize, anySize, (name, size, other) =>
        withSubject(name, ({ model }) => {
          const [first = ""] = linearTargets[name];
          const config = createLoraConfig({
            ...size,
            targetModules: "all-linear",
            rankPattern: new Map([[first, other.rank]]),
            alphaPattern: new Map([["^nothing", 99]]),
          });
          for (const { path, scaling, rank } of partsOf(planInjection(model, config), "site")) {
            const expected = path.endsWith(first) ? other.rank : size.rank;
            expect(rank).toBe(expected);
            expect(scaling).toBe(size.alpha / (size.rankStabilized ? Math.sqrt(expected) : expected));
            expect(scalingOf(config, path)).toBe(scaling);
          }
        }),
      ),
      examples,
    ));

  it("scaling an adapter by k is selecting it with weight k, and 1 brings the first output back", () =>
    fc.assert(
      fc.asyncProperty(anySubject, fc.double({ min: -2, max: 2, noNaN: true }), (name, weight) =>
        withSubject(name, (subject) => {
          const handle = trainedAdapter(subject);
          const before = subject.logits(active);
          const selected = subject.logits({ adapters: { kind: "active", adapters: [{ name: "default", weight }] } });
          handle.setScale(weight);
          expectNear(subject.logits(active), selected, 1e-6);
          handle.setScale(1);
          expectClose(subject.logits(active), before, 0);
          handle.dispose();
        }),
      ),
      examples,
    ));

  it("a call that throws leaves the next one as it was", () =>
    withSubject("llama-gqa", (subject) => {
      const handle = trainedAdapter(subject);
      const [base, adapted] = [subject.logits(), subject.logits(active)];
      expect(() => subject.logits({ adapters: activeAdapters("default", "absent") })).toThrow(/absent/);
      expect(() => subject.logits({ ...active, ids: [[1, 5000]] })).toThrow(/5000/);
      expectClose(subject.logits(), base, 0);
      expectClose(subject.logits(active), adapted, 0);
      handle.dispose();
    }));
});

describe("4. the output is that of W + ΔW, multiplied out by hand", () => {
  it("for any layers, ranks and scalings", () =>
    fc.assert(
      fc.asyncProperty(anySubject, anySize, fc.nat(), (name, size, chosen) =>
        withSubject(name, async (subject) => {
          const targets = linearTargets[name];
          const targetModules = [targets[chosen % targets.length] ?? ""];
          const handle = trainedAdapter(subject, { ...size, targetModules });
          const adapted = subject.logits(active);
          const restore = await replaceByHand(handle);
          expectNear(subject.logits(), adapted);
          restore();
          handle.dispose();
        }),
      ),
      examples,
    ));

  it("dropout acts in training only, and only on the low-rank branch", () =>
    fc.assert(
      fc.asyncProperty(anySubject, anySeed, (name, seed) =>
        withSubject(name, (subject) => {
          const fresh = newAdapter(subject, { dropout: 0.9 }, { name: "fresh" });
          const handle = trainedAdapter(subject, { dropout: 0.5 });
          const without = trainedAdapter(subject, {}, { name: "without" });
          const random = { seed, step: 3, microStep: 0 };
          expectClose(subject.logits({ adapters: activeAdapters("fresh"), random }), subject.logits(), 0);
          expectClose(subject.logits(active), subject.logits({ adapters: activeAdapters("without") }), 0);
          const trained = subject.logits({ ...active, random });
          expect(distance(trained, subject.logits(active))).toBeGreaterThan(1e-4);
          expectClose(subject.logits({ ...active, random }), trained, 0);
          expect(distance(subject.logits({ ...active, random: { ...random, step: 4 } }), trained)).toBeGreaterThan(
            1e-4,
          );
          for (const one of [fresh, handle, without]) one.dispose();
        }),
      ),
      examples,
    ));
});

describe("5. layers that cannot be adapted are refused", () => {
  it("a rank of 0 or less, or a fraction, by the name of its field", () =>
    fc.assert(
      fc.property(fc.oneof(fc.integer({ max: 0 }), fc.double({ min: 1.001, max: 1.999 })), (rank) => {
        const wrong = (key: string) => expect.objectContaining({ problems: [expect.objectContaining({ key })] });
        expect(thrownBy(() => createLoraConfig({ rank }))).toEqual(wrong("rank"));
        expect(thrownBy(() => parseLoraConfig(JSON.stringify({ peft_type: "LORA", r: rank })))).toEqual(wrong("r"));
        expect(() => createLoraConfig({ rank })).toThrow(expect.objectContaining({ code: "INVALID_ADAPTER_CONFIG" }));
      }),
      examples,
    ));

  it("the error names a layer without support for this adapter, and the model is unchanged", () =>
    withSubject("pictures", (subject) => {
      const grouped = { targetModules: ["first", "grouped"], rank: 3 };
      expect(() => newAdapter(subject, grouped)).toThrow(UnsupportedSiteError);
      expect(() => newAdapter(subject, grouped)).toThrow(/features\.grouped.*2 groups/s);
      newAdapter(subject, { ...grouped, rank: 4 }).dispose();
    }));

  it("the error names an unknown target and similar layers", () =>
    withSubject("llama-gqa", ({ model }) => {
      const config = createLoraConfig({ targetModules: ["input_layernorm", "q_porj"] });
      expect(() => planInjection(model, config)).toThrow(/q_porj.*q_proj/s);
      expect(() => planInjection(model, config)).toThrow(/input_layernorm/);
    }));
});

/** Puts W + s·B·A in place of every adapted W, from what the adapter's file holds. */
async function replaceByHand(handle: AdapterHandle): Promise<() => void> {
  const { tensors } = await handle.toAdapter();
  const restores = handle.sites.map(({ site, scaling }) => {
    const { a, b } = loraKeys(site.path);
    const delta = productByHand(site, tensors.get(a)!.values, tensors.get(b)!.values);
    const { inFeatures, outFeatures } = site;
    return site.replaceWeight(
      tf.tidy(() => tf.add(site.readWeight(), tf.mul(tf.tensor2d(delta, [inFeatures, outFeatures]), scaling))),
    );
  });
  return () => {
    for (const restore of restores.reverse()) restore();
  };
}

/** A [rank, inFeatures] and B [outFeatures, rank] → (B·A)ᵀ [inFeatures, outFeatures]. */
function productByHand({ inFeatures, outFeatures }: Site, a: Float32Array, b: Float32Array): Float32Array {
  const delta = new Float32Array(inFeatures * outFeatures);
  const inner = a.length / inFeatures;
  for (let i = 0; i < inFeatures; i++)
    for (let o = 0; o < outFeatures; o++)
      for (let k = 0; k < inner; k++) delta[i * outFeatures + o]! += a[k * inFeatures + i]! * b[o * inner + k]!;
  return delta;
}

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
