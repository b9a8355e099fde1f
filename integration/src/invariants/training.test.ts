// Invariants 6 to 9: what a step changes, and what it leaves alone.

import { activeAdapters } from "@lowrank/contracts";
import { attachAdapter } from "@lowrank/inject";
import { expectClose } from "@lowrank/testing";
import { parseState, type StepEvent, serializeState, type TrainingState } from "@lowrank/trainer";
import { learningRateShare } from "@lowrank/trainer/internal";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  anySeed,
  anySize,
  differing,
  distance,
  examples,
  newAdapter,
  trainedAdapter,
  valuesOf,
  weightsOf,
} from "./adapters.ts";
import { expectLossGradients, gradientsOf, lossesOf, runSteps } from "./runs.ts";
import { anySubject, embeddingTarget, linearTargets, onCpu, type Rows, rows, withSubject } from "./subjects.ts";
import { frozenIn, moved, variants } from "./variants.ts";

onCpu();

describe("6. a step changes only the adapter's declared variables", () => {
  it("the base stays the same to the bit, with saved modules and biases too", () =>
    fc.assert(
      fc.asyncProperty(anySubject, anySize, fc.constantFrom("none", "all", "lora_only"), (name, size, bias) =>
        withSubject(name, async (subject) => {
          const before = weightsOf(subject.model);
          const modulesToSave = name === "hand-made" || name === "bert-seqcls" ? ["classifier"] : null;
          const handle = newAdapter(subject, { ...size, bias, modulesToSave, dropout: 0.1 });
          const initial = valuesOf(handle);
          await runSteps(subject, handle, { steps: 2, batches: () => [rows.slice(1)] });
          const changed = [...valuesOf(handle)].filter(([key, values]) => distance(values, initial.get(key)!) > 0);
          expect(changed.map(([key]) => key)).toEqual([...handle.variables.keys()]);
          handle.dispose();
          expect(differing(weightsOf(subject.model), before)).toEqual([]);
        }),
      ),
      examples,
    ));

  it.each(variants)("$name", (variant) =>
    withSubject(variant.subject, async (subject) => {
      const before = weightsOf(subject.model);
      const handle = moved(subject, variant);
      const [initial, frozen] = [valuesOf(handle), frozenIn(handle)];
      await runSteps(subject, handle);
      for (const [key, values] of valuesOf(handle))
        expect([key, distance(values, initial.get(key)!) > 0]).toEqual([key, true]);
      expect(frozenIn(handle)).toEqual(frozen);
      handle.dispose();
      expect(differing(weightsOf(subject.model), before)).toEqual([]);
    }),
  );
});

describe("7. the zero matrix changes first, then both", () => {
  it("A has no gradient until B has left 0", () =>
    fc.assert(
      fc.asyncProperty(anySubject, anySize, (name, size) =>
        withSubject(name, async (subject) => {
          const handle = newAdapter(subject, size);
          const matrices = (part: RegExp) => [...valuesOf(handle)].filter(([key]) => part.test(key));
          const gradients = gradientsOf(handle, () => subject.loss({ adapters: activeAdapters("default") }));
          for (const [key, gradient] of gradients)
            expect([key, gradient.every((value) => value === 0)]).toEqual([key, key.includes("lora_A")]);
          const [a, b] = [matrices(/lora_A/), matrices(/lora_B/)];
          await runSteps(subject, handle, { weightDecay: 0 });
          expect(matrices(/lora_A/)).toEqual(a);
          for (const [index, [, values]] of matrices(/lora_B/).entries()) expect(values).not.toEqual(b[index]?.[1]);
          await runSteps(subject, handle, { weightDecay: 0 });
          for (const [index, [, values]] of matrices(/lora_A/).entries()) expect(values).not.toEqual(a[index]?.[1]);
          handle.dispose();
        }),
      ),
      examples,
    ));

  it("all gradients agree with finite differences", () =>
    withSubject("hand-made", (subject) => {
      const targetModules = [...linearTargets["hand-made"], embeddingTarget["hand-made"], "lm_head"];
      const handle = trainedAdapter(subject, { targetModules, bias: "lora_only", alpha: 1 });
      expectLossGradients(handle, () => subject.loss({ adapters: activeAdapters("default") }), 12);
      handle.dispose();
    }));

  // DoRA holds the norm of its direction constant by definition (section 4.3 of its paper): see dora-gradients.test.ts.
  it.each(variants.filter(({ config }) => !config.useDora))("so does the gradient of $name", (variant) =>
    withSubject(variant.subject, (subject) => {
      const handle = moved(subject, variant);
      expectLossGradients(handle, () => subject.loss({ adapters: activeAdapters("default") }), 1);
      handle.dispose();
    }),
  );
});

describe("8. adapters that are not trained stay as they are", () => {
  it("another adapter on the same layers, selected or not", () =>
    fc.assert(
      fc.asyncProperty(anySubject, fc.boolean(), (name, isSelected) =>
        withSubject(name, async (subject) => {
          const other = trainedAdapter(subject, {}, { name: "other", seed: 2 });
          const handle = trainedAdapter(subject);
          const before = valuesOf(other);
          await runSteps(subject, handle, { adapters: activeAdapters("default", ...(isSelected ? ["other"] : [])) });
          expect(valuesOf(other)).toEqual(before);
          handle.dispose();
          other.dispose();
        }),
      ),
      examples,
    ));

  it("training together with another adapter gives the same result as alone", () =>
    withSubject("gpt2", async (subject) => {
      const alone = newAdapter(subject, { dropout: 0.2 });
      await runSteps(subject, alone, { steps: 3 });
      const expected = valuesOf(alone);
      alone.dispose();
      const other = trainedAdapter(subject, { dropout: 0.2 }, { name: "other" });
      const beside = newAdapter(subject, { dropout: 0.2 });
      await runSteps(subject, other);
      await runSteps(subject, beside, { steps: 3 });
      expect(valuesOf(beside)).toEqual(expected);
      beside.dispose();
      other.dispose();
    }));

  it("one attached for use only has nothing that a gradient would be taken for by default", () =>
    withSubject("llama-gqa", async (subject) => {
      const handle = trainedAdapter(subject);
      const frozen = attachAdapter(subject.model, await handle.toAdapter(), { name: "frozen" });
      expect([...frozen.variables.values()].some(({ trainable }) => trainable)).toBe(false);
      expect([...handle.variables.values()].every(({ trainable }) => trainable)).toBe(true);
      frozen.dispose();
      handle.dispose();
    }));
});

describe("9. training follows its settings", () => {
  it("the loss goes down", () =>
    fc.assert(
      fc.asyncProperty(anySubject, anySeed, (name, seed) =>
        withSubject(name, async (subject) => {
          const handle = newAdapter(subject, { rank: 4, alpha: 8 }, { seed });
          const losses = lossesOf(await runSteps(subject, handle, { steps: 6 }));
          expect(losses.at(-1)).toBeLessThan(losses[0]! * 0.99);
          handle.dispose();
        }),
      ),
      examples,
    ));

  it("micro-batches add up to the batch they were cut from, also when they weigh differently", () =>
    fc.assert(
      fc.asyncProperty(anySubject, fc.constantFrom([[0], [1], [2]], [[0, 2], [1]]), (name, cuts) =>
        withSubject(name, async (subject) => {
          const parts = cuts.map((cut) => cut.map((row) => rows[row]!));
          const settings = { epsilon: 1e-3, clipNorm: null }; // a small epsilon would blow rounding errors up
          const whole = trainedAdapter(subject, {}, { name: "whole" });
          await runSteps(subject, whole, { ...settings, batches: () => [parts.flat()] });
          const cut = trainedAdapter(subject, {}, { name: "cut" });
          await runSteps(subject, cut, {
            ...settings,
            batches: () => parts,
            gradientAccumulationSteps: parts.length,
            weightByTokens: true,
            batchSize: (batch: Rows) => ({ tokens: batch.length * 5, supervised: batch.length }),
          });
          for (const [key, values] of valuesOf(whole)) expectClose(valuesOf(cut).get(key)!, values, 1e-5, key);
          whole.dispose();
          cut.dispose();
        }),
      ),
      examples,
    ));

  it("a run uses the clipped gradient for its moments", () =>
    withSubject("hand-made", async (subject) => {
      const handle = trainedAdapter(subject, { alpha: 16 });
      let state: TrainingState | undefined;
      const save = (kept: TrainingState) => {
        state = kept;
      };
      const events = await runSteps(subject, handle, { clipNorm: 0.01, checkpoint: { every: 1, save } });
      expect(stepsOf(events)[0]?.gradientNorm).toBeGreaterThan(0.02);
      const means = [...state!.moments.values()].flatMap(({ first = new Float32Array() }) =>
        [...first].map((value) => value / 0.1),
      );
      expect(Math.hypot(...means)).toBeCloseTo(0.01, 5);
      handle.dispose();
    }));

  it("the learning rate rises during the warm-up, then follows the schedule", () =>
    fc.assert(
      fc.property(
        fc.constantFrom("constant", "linear", "cosine"),
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 1, max: 40 }),
        (name, warmupSteps, after) => {
          const totalSteps = warmupSteps + after;
          const shares = Array.from({ length: totalSteps + 1 }, (_, step) =>
            learningRateShare(name, { step, warmupSteps, totalSteps }),
          );
          for (let step = 0; step < warmupSteps; step++) expect(shares[step]).toBeCloseTo(step / warmupSteps, 12);
          const falling = shares.slice(warmupSteps);
          expect(falling).toEqual([...falling].sort((one, other) => other - one));
          expect(falling[0]).toBe(1);
          expect(falling.at(-1)).toBeCloseTo(name === "constant" ? 1 : 0, 12);
        },
      ),
      { seed: 20 },
    ));

  it("a run uses the schedule's rates", () =>
    withSubject("hand-made", async (subject) => {
      const handle = newAdapter(subject, {});
      const events = await runSteps(subject, handle, {
        steps: 5,
        schedule: "linear",
        warmupSteps: 2,
        learningRate: 0.3,
      });
      const rates = stepsOf(events).map(({ learningRate }) => learningRate);
      expectClose(rates, [0, 0.15, 0.3, 0.2, 0.1], 1e-9);
      handle.dispose();
    }));

  it("a run that was cut anywhere and resumed from its files ends bit for bit as one that was not", () =>
    fc.assert(
      fc.asyncProperty(anySubject, fc.integer({ min: 1, max: 3 }), anySeed, async (name, cut, seed) => {
        const settings = {
          steps: 4,
          seed,
          schedule: "cosine",
          warmupSteps: 1,
          batches: () => rows.map((row) => [row]),
        } as const;
        let expected: ReadonlyMap<string, Float32Array> = new Map();
        let state: TrainingState | undefined;
        await withSubject(name, async (subject) => {
          const handle = newAdapter(subject, { dropout: 0.3 });
          const checkpoint = {
            every: cut,
            save: (kept: TrainingState) => {
              state ??= kept;
            },
          };
          await runSteps(subject, handle, { ...settings, checkpoint });
          expected = valuesOf(handle);
          handle.dispose();
        });
        expect(state?.step).toBe(cut);
        const resumeFrom = await parseState(serializeState(state!));
        await withSubject(name, async (subject) => {
          const handle = newAdapter(subject, { dropout: 0.3 }, { seed: 77 });
          await runSteps(subject, handle, { ...settings, resumeFrom });
          expect(valuesOf(handle)).toEqual(expected);
          handle.dispose();
        });
      }),
      { ...examples, numRuns: 4 },
    ));
});

function stepsOf(events: readonly { readonly type: string }[]): readonly StepEvent[] {
  return events.filter((event): event is StepEvent => event.type === "step");
}
