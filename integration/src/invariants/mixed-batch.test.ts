// Invariant 16: batches in which each row has its own adapter.

import { activeAdapters, adapterRows, LowrankError, noAdapters } from "@lowrank/contracts";
import { RowCountError, RowsOverrideError } from "@lowrank/engine";
import type { AdapterHandle } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import { UnknownAdapterError } from "@lowrank/models";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { examples, expectNear, newAdapter, trainedAdapter, twoAdapters } from "./adapters.ts";
import { gradientsOf } from "./runs.ts";
import { anySubject, onCpu, rows, type Subject, withSubject } from "./subjects.ts";
import { moved, variants } from "./variants.ts";

onCpu();

describe("16. in a mixed batch every row is what it is alone", () => {
  const anyRow = fc.constantFrom("a", "b", null);

  it("with its own adapter or the base's, and so is its share of the gradient", () =>
    fc.assert(
      fc.asyncProperty(anySubject, fc.tuple(anyRow, anyRow, anyRow), (name, selected) =>
        withSubject(name, (subject) => {
          const { a, dispose } = twoAdapters(subject);
          expectRowsAlone(subject, selected);
          if (selected.includes("a")) expectShares(subject, a, selected);
          dispose();
        }),
      ),
      { ...examples, numRuns: 5 },
    ));

  it.each(variants)("$name: as alone, or refused because rows would need different weights", (variant) =>
    withSubject(variant.subject, (subject) => {
      const handle = moved(subject, variant);
      const selected = ["default", null, "default"];
      const { bias, modulesToSave, targetParameters } = variant.config;
      if (bias ?? modulesToSave ?? targetParameters)
        expect(() => subject.logits({ adapters: adapterRows(selected) })).toThrow(RowsOverrideError);
      else expectRowsAlone(subject, selected);
      handle.dispose();
    }),
  );

  it("a list of another length, unknown names, and names that were merged are refused", () =>
    withSubject("llama-gqa", async (subject) => {
      const { a, dispose } = twoAdapters(subject);
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

/** Throws unless every row of a mixed batch gives what it gives alone with its adapter. */
function expectRowsAlone(subject: Subject, selected: readonly (string | null)[]): void {
  const mixed = subject.logits({ adapters: adapterRows(selected) });
  const size = mixed.length / rows.length;
  for (const [row, adapter] of selected.entries()) {
    const adapters = adapter === null ? noAdapters : activeAdapters(adapter);
    const alone = subject.logits({ adapters, ids: [rows[row]!] });
    expectNear(mixed.subarray(row * size, (row + 1) * size), alone, 1e-5);
  }
}

/** Throws unless the gradient for `a` of the mean loss is a third of the sum of its own rows' gradients. */
function expectShares(subject: Subject, a: AdapterHandle, selected: readonly (string | null)[]): void {
  const own = rows.filter((_, row) => selected[row] === "a");
  const shares = own.map((row) => gradientsOf(a, () => subject.loss({ adapters: activeAdapters("a"), ids: [row] })));
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
