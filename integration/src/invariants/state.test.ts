// Invariants 14 to 17: several adapters on one model, and which of them acts.

import { type AdapterSelection, activeAdapters, adapterRows, LowrankError, noAdapters } from "@lowrank/contracts";
import { RowCountError, RowsOverrideError, withoutTape } from "@lowrank/engine";
import { AdapterExistsError, type AdapterHandle, InvalidAdapterNameError } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import { UnknownAdapterError } from "@lowrank/models";
import { expectClose } from "@lowrank/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { distance, examples, expectNear, newAdapter, trainedAdapter } from "./adapters.ts";
import { gradientsOf } from "./runs.ts";
import { anySubject, onCpu, rows, type Subject, withSubject } from "./subjects.ts";

onCpu();

/** Two adapters that differ, of different ranks. */
function pairOf(subject: Subject) {
  const a = trainedAdapter(subject, { rank: 1, alpha: 2 }, { name: "a", seed: 1 });
  const b = trainedAdapter(subject, { rank: 3, alpha: 4 }, { name: "b", seed: 2 });
  const dispose = () => {
    a.dispose();
    b.dispose();
  };
  return { a, b, dispose };
}

const onlyA = activeAdapters("a");
const onlyB = activeAdapters("b");

describe("14. without adapters the model is the base, and with them again what it was", () => {
  it("in any order of calls", () =>
    fc.assert(
      fc.asyncProperty(
        anySubject,
        fc.array(fc.constantFrom(noAdapters, onlyA, onlyB), { maxLength: 6 }),
        (name, calls) =>
          withSubject(name, (subject) => {
            const base = subject.logits();
            const { dispose } = pairOf(subject);
            const first = new Map<AdapterSelection, Float32Array>([[noAdapters, base]]);
            for (const adapters of calls) {
              const logits = subject.logits({ adapters });
              expectClose(logits, first.get(adapters) ?? logits, 0);
              first.set(adapters, logits);
            }
            dispose();
          }),
      ),
      examples,
    ));

  it("one call inside another sees its own selection, and so does the outer one's gradient", () =>
    withSubject("llama-gqa", (subject) => {
      const { a, dispose } = pairOf(subject);
      const plain = gradientsOf(a, () => subject.loss({ adapters: onlyA }));
      const base = subject.logits();
      const nested = gradientsOf(a, () => {
        const loss = subject.loss({ adapters: onlyA });
        expectClose(
          withoutTape(() => subject.logits()),
          base,
          0,
        );
        return loss;
      });
      expect(nested).toEqual(plain);
      dispose();
    }));

  it("a merged model without adapters is the merged one; undoing brings the base back", () =>
    withSubject("gpt2", async (subject) => {
      const base = subject.logits();
      const { a, b, dispose } = pairOf(subject);
      const adapted = subject.logits({ adapters: onlyA });
      const both = subject.logits({ adapters: activeAdapters("a", "b") });
      const merged = await mergeAdapter(subject.model, a);
      expectNear(subject.logits({ adapters: noAdapters }), adapted);
      expectNear(subject.logits({ adapters: onlyB }), both);
      expect(b.isAttached).toBe(true);
      merged.undo();
      expectClose(subject.logits({ adapters: noAdapters }), base, 0);
      dispose();
    }));
});

describe("15. several adapters add up, and each is its own", () => {
  it("the selected ones act together as W + w₁·ΔW₁ + w₂·ΔW₂", () =>
    fc.assert(
      fc.asyncProperty(anySubject, fc.double({ min: -1, max: 1, noNaN: true }), (name, weight) =>
        withSubject(name, async (subject) => {
          const { a, b, dispose } = pairOf(subject);
          const adapters = [
            { name: "a", weight: 1 },
            { name: "b", weight },
          ];
          const both = subject.logits({ adapters: { kind: "active", adapters } });
          const turned = subject.logits({ adapters: { kind: "active", adapters: [...adapters].reverse() } });
          expectNear(turned, both, 1e-5);
          b.setScale(weight);
          const merged = await mergeAdapter(subject.model, [a, b]);
          expectNear(subject.logits(), both);
          merged.undo();
          dispose();
        }),
      ),
      examples,
    ));

  it("one that is taken away, merged or not, leaves the other as it was", () =>
    fc.assert(
      fc.asyncProperty(anySubject, fc.boolean(), (name, isMerged) =>
        withSubject(name, async (subject) => {
          const { a, b, dispose } = pairOf(subject);
          const before = subject.logits({ adapters: onlyA });
          const merged = isMerged ? await mergeAdapter(subject.model, b) : null;
          b.dispose();
          merged?.undo();
          expectClose(subject.logits({ adapters: onlyA }), before, 0);
          expect(b.isAttached).toBe(false);
          expect(a.isAttached).toBe(true);
          dispose();
        }),
      ),
      examples,
    ));

  it("an unknown name is refused, one that is taken too, and both change nothing", () =>
    withSubject("bert-seqcls", (subject) => {
      const { dispose } = pairOf(subject);
      const before = subject.logits({ adapters: onlyA });
      expect(() => subject.logits({ adapters: activeAdapters("c", "a", "d") })).toThrow(UnknownAdapterError);
      expect(() => subject.logits({ adapters: activeAdapters("c", "a", "d") })).toThrow(/"c".*"d"/);
      expect(() => trainedAdapter(subject, {}, { name: "a" })).toThrow(AdapterExistsError);
      expectClose(subject.logits({ adapters: onlyA }), before, 0);
      dispose();
    }));

  it("names that contain each other, or words of the format, are told apart and are in no key", () => {
    const names = [
      "default",
      "default2",
      "efaul",
      "lora",
      "lora_A",
      "weight",
      "bias",
      "q_proj",
      "constructor",
      "__proto__",
    ];
    return fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.constantFrom(...names), { minLength: 2, maxLength: 2 }),
        ([one = "", other = ""]) =>
          withSubject("llama-gqa", async (subject) => {
            const first = trainedAdapter(subject, {}, { name: one, seed: 1 });
            const alone = subject.logits({ adapters: activeAdapters(one) });
            const second = trainedAdapter(subject, {}, { name: other, seed: 2 });
            expectClose(subject.logits({ adapters: activeAdapters(one) }), alone, 0);
            expect(distance(subject.logits({ adapters: activeAdapters(other) }), alone)).toBeGreaterThan(1e-3);
            expect([...first.variables.keys()]).toEqual([...second.variables.keys()]);
            second.dispose();
            expectClose(subject.logits({ adapters: activeAdapters(one) }), alone, 0);
            first.dispose();
          }),
      ),
      { ...examples, numRuns: 12 },
    );
  });

  it("names with dots or slashes, and that of the base, are refused before anything changes", () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.constantFrom("", "__base__"),
          fc.tuple(fc.string(), fc.constantFrom(".", "/", "\\"), fc.string()).map((parts) => parts.join("")),
        ),
        (name) =>
          withSubject("hand-made", (subject) => {
            expect(() => trainedAdapter(subject, {}, { name })).toThrow(InvalidAdapterNameError);
          }),
      ),
      { ...examples, numRuns: 20 },
    ));
});

describe("16. in a mixed batch every row is what it is alone", () => {
  const anyRow = fc.constantFrom("a", "b", null);

  it("with its own adapter or the base's, and so is its share of the gradient", () =>
    fc.assert(
      fc.asyncProperty(anySubject, fc.tuple(anyRow, anyRow, anyRow), (name, selected) =>
        withSubject(name, (subject) => {
          const { a, dispose } = pairOf(subject);
          const mixed = subject.logits({ adapters: adapterRows(selected) });
          const size = mixed.length / rows.length;
          for (const [row, adapter] of selected.entries()) {
            const adapters = adapter === null ? noAdapters : activeAdapters(adapter);
            const alone = subject.logits({ adapters, ids: [rows[row]!] });
            expectNear(mixed.subarray(row * size, (row + 1) * size), alone, 1e-5);
          }
          if (selected.includes("a")) expectShares(subject, a, selected);
          dispose();
        }),
      ),
      { ...examples, numRuns: 8 },
    ));

  it("a list of another length, unknown names, and names that were merged are refused", () =>
    withSubject("llama-gqa", async (subject) => {
      const { a, dispose } = pairOf(subject);
      expect(() => subject.logits({ adapters: adapterRows(["a", "b"]) })).toThrow(RowCountError);
      expect(() => subject.logits({ adapters: adapterRows(["a", "c", null]) })).toThrow(UnknownAdapterError);
      const merged = await mergeAdapter(subject.model, a);
      expect(() => subject.logits({ adapters: adapterRows(["a", "b", null]) })).toThrow(UnknownAdapterError);
      merged.undo();
      expect(subject.logits({ adapters: adapterRows(["a", "b", null]) }).every(Number.isFinite)).toBe(true);
      dispose();
    }));

  it("weights that would have to differ from row to row are refused, by the adapters' names", () =>
    withSubject("bert-seqcls", (subject) => {
      const saved = newAdapter(subject, { modulesToSave: ["classifier"] }, { name: "saved" });
      const plain = trainedAdapter(subject, {}, { name: "plain" });
      expect(() => subject.logits({ adapters: adapterRows(["saved", "plain", null]) })).toThrow(RowsOverrideError);
      expect(() => subject.logits({ adapters: adapterRows(["saved", "saved", null]) })).toThrow(LowrankError);
      saved.dispose();
      plain.dispose();
    }));
});

/** Throws unless the gradient for `a` of the mean loss is a third of the sum of its own rows' gradients. */
function expectShares(subject: Subject, a: AdapterHandle, selected: readonly (string | null)[]): void {
  const own = rows.filter((_, row) => selected[row] === "a");
  const shares = own.map((row) => gradientsOf(a, () => subject.loss({ adapters: onlyA, ids: [row] })));
  const mixed = gradientsOf(a, () => subject.loss({ adapters: adapterRows(selected) }));
  for (const [key, gradient] of mixed) {
    const sum = gradient.map((_, index) => shares.reduce((total, share) => total + share.get(key)![index]!, 0));
    expectNear(
      gradient,
      sum.map((value) => value / rows.length),
      1e-5,
    );
  }
}
