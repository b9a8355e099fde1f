// Invariants 23 to 25, which are about TensorFlow.js.

import { activeAdapters } from "@lowrank/contracts";
import { attachAdapter, hotSwap } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import { expectClose, expectNoLeak } from "@lowrank/testing";
import { parseState, serializeState, type TrainingState } from "@lowrank/trainer";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { anySeed, anySize, examples, expectNear, newAdapter, trainedAdapter, valuesOf } from "./adapters.ts";
import { type Engine, isAbsent, others, use } from "./engines.ts";
import { gradientsOf, runSteps } from "./runs.ts";
import { anySubject, loadBase, withSubject } from "./subjects.ts";
import { moved, variants } from "./variants.ts";

const active = { adapters: activeAdapters("default") };
beforeEach(() => use("cpu"));

describe("23. the number of tensors stays the same", () => {
  it.each(variants)("across a forward pass, a step, a merge and back, a save, a load and a dispose: $name", (variant) =>
    withSubject(variant.subject, async (subject) => {
      const handle = moved(subject, variant);
      const adapter = await handle.toAdapter();
      await expectNoLeak(() => subject.logits(active));
      await expectNoLeak(() => runSteps(subject, handle));
      const merge = () => mergeAdapter(subject.model, handle, { tied: "untie" });
      await expectNoLeak(async () =>
        variant.isNotMerged ? expect(merge()).rejects.toThrow() : (await merge()).undo(),
      );
      await expectNoLeak(() => handle.toAdapter());
      await expectNoLeak(() => hotSwap(handle, adapter));
      await expectNoLeak(() => attachAdapter(subject.model, adapter, { name: "loaded" }).dispose());
      handle.dispose();
    }),
  );

  it("across calls that fail", () =>
    withSubject("llama-gqa", async (subject) => {
      const handle = trainedAdapter(subject);
      const adapter = await handle.toAdapter();
      await expectNoLeak(() => expect(() => subject.logits({ ids: [[1, 5000]] })).toThrow());
      await expectNoLeak(() => expect(() => subject.logits({ adapters: activeAdapters("absent") })).toThrow());
      await expectNoLeak(() => expect(() => attachAdapter(subject.model, adapter)).toThrow());
      handle.setScale(Number.MAX_VALUE);
      await expectNoLeak(() => expect(mergeAdapter(subject.model, handle)).rejects.toThrow());
      handle.dispose();
    }));

  it("across loading a model and disposing of it", () =>
    expectNoLeak(async () => (await loadBase("llama-gqa-tied")).dispose()));
});

describe.each(others)("24. cpu and %s give the same numbers", (other) => {
  const engines = ["cpu", other] as const;

  it.skipIf(isAbsent(other))("output and gradients, with dropout", () =>
    fc.assert(
      fc.asyncProperty(anySubject, anySize, anySeed, async (name, { rank, alpha, ...how }, seed) => {
        // A larger scale lets attention make 8e-4 of what rounding differs by, for one seed in twenty.
        const size = { rank, alpha: Math.min(alpha, 4 * rank), ...how };
        const [expected, found] = [await resultsOn("cpu"), await resultsOn(other)];
        expectNear(found.logits, expected.logits);
        for (const [key, gradient] of expected.gradients) expectNear(found.gradients.get(key)!, gradient);

        async function resultsOn(engine: Engine) {
          await use(engine);
          const found: Results = { logits: new Float32Array(), gradients: new Map() };
          await withSubject(name, (subject) => {
            const handle = trainedAdapter(subject, { ...size, dropout: 0.3 }, { seed });
            const random = { seed, step: 1, microStep: 0 };
            found.logits = subject.logits({ ...active, random });
            found.gradients = gradientsOf(handle, () => subject.loss({ ...active, random }));
            handle.dispose();
          });
          return found;
        }
      }),
      examples,
    ),
  );

  it.skipIf(isAbsent(other)).each(variants)("$name", async (variant) => {
    const outputs: Float32Array[] = [];
    for (const engine of engines) {
      await use(engine);
      await withSubject(variant.subject, (subject) => {
        const handle = moved(subject, variant);
        outputs.push(subject.logits(active));
        handle.dispose();
      });
    }
    expectNear(outputs[1]!, outputs[0]!);
  });

  it.skipIf(isAbsent(other))("a new adapter has the same initial numbers to the bit", async () => {
    const initialValues = new Map<string, ReadonlyMap<string, Float32Array>>();
    for (const engine of engines) {
      await use(engine);
      await withSubject("llama-gqa", (subject) => {
        const handle = trainedAdapter(subject);
        initialValues.set(engine, valuesOf(handle));
        handle.dispose();
      });
    }
    expect(initialValues.get(other)).toEqual(initialValues.get("cpu"));
  });
});

describe("25. the optimizer's moments stay with their variables' names", () => {
  it("in whatever order the variables come", () =>
    fc.assert(
      fc.asyncProperty(anySubject, anySeed, (name, seed) =>
        withSubject(name, async (subject) => {
          const handle = newAdapter(subject, {});
          const initial = [...handle.variables].map(([key, variable]) => [key, tf.clone(variable)] as const);
          await runSteps(subject, handle, { steps: 3 });
          const expected = valuesOf(handle);
          for (const [key, value] of initial) handle.variables.get(key)!.assign(value);
          tf.dispose(initial.map(([, value]) => value));
          const shuffled = [...handle.variables].sort(([one], [other]) => rankIn(one, seed) - rankIn(other, seed));
          await runSteps(subject, { name: handle.name, variables: new Map(shuffled) }, { steps: 3 });
          for (const [key, values] of valuesOf(handle)) expectClose(values, expected.get(key)!, 1e-6, key);
          handle.dispose();
        }),
      ),
      examples,
    ));

  it("a set that changed is not resumed with the moments of another", () =>
    withSubject("hand-made", async (subject) => {
      const handle = newAdapter(subject, {});
      let state: TrainingState | undefined;
      const save = (kept: TrainingState) => {
        state = kept;
      };
      await runSteps(subject, handle, { checkpoint: { every: 1, save } });
      const resumeFrom = await parseState(serializeState(state!));
      const fewer = { name: handle.name, variables: new Map([...handle.variables].slice(1)) };
      await expect(runSteps(subject, fewer, { steps: 2, resumeFrom })).rejects.toThrow(
        expect.objectContaining({ code: "RESUME_MISMATCH" }),
      );
      const [first = ""] = handle.variables.keys();
      await expect(runSteps(subject, fewer, { steps: 2, resumeFrom })).rejects.toThrow(first);
      handle.dispose();
    }));
});

interface Results {
  logits: Float32Array;
  gradients: ReadonlyMap<string, Float32Array>;
}

/** A number for sorting that differs from name to name. */
function rankIn(name: string, seed: number): number {
  return [...name].reduce((hash, character) => (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0, seed);
}
