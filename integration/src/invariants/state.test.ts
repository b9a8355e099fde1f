// Invariants 14, 15 and 17: several adapters on one model, and which of them acts.

import { type AdapterSelection, activeAdapters, adapterRows, noAdapters } from "@lowrank/contracts";
import { withoutTape } from "@lowrank/engine/internal";
import { hotSwap } from "@lowrank/inject";
import { AdapterMismatchError } from "@lowrank/inject/internal";
import { mergeAdapter } from "@lowrank/merge";

import { expectClose } from "@lowrank/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anySize, distance, examples, expectNear, tensorsOf, trainedAdapter, twoAdapters } from "./adapters.ts";
import { gradientsOf } from "./runs.ts";
import { anySubject, onCpu, withSubject } from "./subjects.ts";
import { moved, variants } from "./variants.ts";

onCpu();

const onlyA = activeAdapters("a");
const onlyB = activeAdapters("b");

describe("14. without adapters the model is the base, and with them again the adapted model", () => {
  it("in any order of calls", () =>
    fc.assert(
      fc.asyncProperty(
        anySubject,
        fc.array(fc.constantFrom(noAdapters, onlyA, onlyB), { maxLength: 6 }),
        (name, calls) =>
          withSubject(name, (subject) => {
            const base = subject.logits();
            const { dispose } = twoAdapters(subject);
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
      const { a, dispose } = twoAdapters(subject);
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
      const { a, b, dispose } = twoAdapters(subject);
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
          const { a, b, dispose } = twoAdapters(subject);
          const adapters = [
            { name: "a", weight: 1 },
            { name: "b", weight },
          ];
          const both = subject.logits({ adapters: { kind: "active", adapters } });
          const reversed = subject.logits({ adapters: { kind: "active", adapters: [...adapters].reverse() } });
          expectNear(reversed, both, 1e-5);
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
          const { a, b, dispose } = twoAdapters(subject);
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
      const { dispose } = twoAdapters(subject);
      const before = subject.logits({ adapters: onlyA });
      expect(() => subject.logits({ adapters: activeAdapters("c", "a", "d") })).toThrow(
        expect.objectContaining({ code: "UNKNOWN_ADAPTER" }),
      );
      expect(() => subject.logits({ adapters: activeAdapters("c", "a", "d") })).toThrow(/"c".*"d"/);
      expect(() => trainedAdapter(subject, {}, { name: "a" })).toThrow(
        expect.objectContaining({ code: "ADAPTER_EXISTS" }),
      );
      expectClose(subject.logits({ adapters: onlyA }), before, 0);
      dispose();
    }));

  it("one that is deleted is unknown from then on, cannot come back, and is deleted again without effect", () =>
    withSubject("llama-gqa", async (subject) => {
      const { a, b, dispose } = twoAdapters(subject);
      const before = subject.logits({ adapters: onlyA });
      const file = await b.toAdapter();
      b.dispose();
      b.dispose();
      expect(() => subject.logits({ adapters: onlyB })).toThrow(expect.objectContaining({ code: "UNKNOWN_ADAPTER" }));
      expect(() => subject.logits({ adapters: activeAdapters("a", "b") })).toThrow(/"b"/);
      expect(() => subject.logits({ adapters: adapterRows(["a", "b", null]) })).toThrow(/"b"/);
      expect(() => b.attach()).toThrow(expect.objectContaining({ code: "HANDLE_DISPOSED" }));
      expect(() => b.setScale(2)).toThrow(expect.objectContaining({ code: "HANDLE_DISPOSED" }));
      expect(() => hotSwap(b, file)).toThrow(expect.objectContaining({ code: "HANDLE_DISPOSED" }));
      await expect(b.toAdapter()).rejects.toThrow(expect.objectContaining({ code: "HANDLE_DISPOSED" }));
      await expect(mergeAdapter(subject.model, [a, b])).rejects.toThrow(/"b"/);
      expectClose(subject.logits({ adapters: onlyA }), before, 0);
      dispose();
    }));

  it("names that contain each other, or parts of the format, stay separate, and are in no key", () => {
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
      { ...examples, numRuns: 8 },
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
            expect(() => trainedAdapter(subject, {}, { name })).toThrow(
              expect.objectContaining({ code: "INVALID_ADAPTER_NAME" }),
            );
          }),
      ),
      { ...examples, numRuns: 20 },
    ));
});

describe("17. an adapter is replaced by another one", () => {
  it("of any rank, scaling and kind, and the model uses only the new one", () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom(...variants), anySize, (variant, size) =>
        withSubject(variant.subject, async (subject) => {
          const targets = subject.name === "pictures" ? { targetModules: ["first"] } : {};
          const other = moved(subject, variant, { name: "other" });
          const expected = subject.logits({ adapters: activeAdapters("other") });
          const adapter = await other.toAdapter();
          other.dispose();
          const handle = trainedAdapter(subject, { ...targets, ...size }, { name: "slot" });
          handle.setScale(0.5);
          hotSwap(handle, adapter);
          expect(handle.scale).toBe(1);
          expectNear(subject.logits({ adapters: activeAdapters("slot") }), expected, 1e-5);
          expect(tensorsOf(await handle.toAdapter())).toEqual(tensorsOf(adapter));
          handle.dispose();
        }),
      ),
      { ...examples, numRuns: 8 },
    ));

  it("keys that are missing or unexpected are refused before anything changes", () =>
    withSubject("llama-gqa", async (subject) => {
      const handle = trainedAdapter(subject, {}, { name: "slot" });
      const before = subject.logits({ adapters: activeAdapters("slot") });
      const adapter = await handle.toAdapter();
      const [missing = ""] = adapter.tensors.keys();
      const tensors = new Map([...adapter.tensors].slice(1));
      tensors.set("model.layers.7.q_proj.lora_A.weight", [...tensors.values()][0]!);
      expect(() => hotSwap(handle, { ...adapter, tensors })).toThrow(AdapterMismatchError);
      expect(() => hotSwap(handle, { ...adapter, tensors })).toThrow(missing);
      expect(() => hotSwap(handle, { ...adapter, tensors })).toThrow(/layers\.7/);
      expectClose(subject.logits({ adapters: activeAdapters("slot") }), before, 0);
      handle.dispose();
    }));
});
