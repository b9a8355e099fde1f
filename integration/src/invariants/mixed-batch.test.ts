// Invariant 16: batches in which each row has its own adapter.

import type { LoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, adapterRows, noAdapters } from "@lowrank/contracts";

import type { AdapterHandle } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";

import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { examples, expectNear, newAdapter, trainedAdapter, twoAdapters } from "./adapters.ts";
import { gradientsOf } from "./runs.ts";
import { anySubject, onCpu, rows, type Subject, type SubjectName, withSubject } from "./subjects.ts";
import { moved, type Variant, variants } from "./variants.ts";

onCpu();

/** Adapters that bring whole weights: a head, a table, norms, biases. */
const replacing = [
  ["a classifier", "bert-seqcls", { targetModules: ["query"], modulesToSave: ["classifier"] }],
  ["a table", "llama-gqa", { targetModules: ["q_proj"], modulesToSave: ["embed_tokens"] }],
  ["an output head", "llama-gqa", { targetModules: ["q_proj"], modulesToSave: ["lm_head"] }],
  ["norms and biases", "gpt2", { targetModules: ["c_attn"], modulesToSave: ["ln_2"], bias: "all" }],
] as const satisfies readonly (readonly [string, SubjectName, Partial<LoraConfig>])[];

describe("16. in a mixed batch every row has the same result as alone", () => {
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

  it.each(variants.filter(({ config }) => !config.targetParameters))("$name: same as alone", (variant) =>
    withSubject(variant.subject, (subject) => {
      const handle = moved(subject, variant);
      expectRowsAlone(subject, ["default", null, "default"]);
      handle.dispose();
    }),
  );

  it.each(replacing)("rows with their own %s, each adapter's and the base's", (_, name, config) =>
    withSubject(name, (subject) => {
      const variant: Variant = { name, subject: name, config };
      const a = moved(subject, variant, { name: "a" });
      const b = moved(subject, variant, { name: "b", seed: 2 });
      for (const variable of b.variables.values()) tf.tidy(() => variable.assign(tf.mul(variable, -0.7)));
      const plain = trainedAdapter(subject, {}, { name: "plain" });
      expectRowsAlone(subject, ["a", "b", "plain"]);
      expectRowsAlone(subject, [null, "b", "b"]);
      expectShares(subject, a, ["a", null, "a"]);
      for (const handle of [a, b, plain]) handle.dispose();
    }),
  );

  it("a list of another length, unknown names, and names that were merged are refused", () =>
    withSubject("llama-gqa", async (subject) => {
      const { a, dispose } = twoAdapters(subject);
      expect(() => subject.logits({ adapters: adapterRows(["a", "b"]) })).toThrow(
        expect.objectContaining({ code: "ROW_COUNT_MISMATCH" }),
      );
      expect(() => subject.logits({ adapters: adapterRows(["a", "c", null]) })).toThrow(
        expect.objectContaining({ code: "UNKNOWN_ADAPTER" }),
      );
      const merged = await mergeAdapter(subject.model, a);
      expect(() => subject.logits({ adapters: adapterRows(["a", "b", null]) })).toThrow(
        expect.objectContaining({ code: "UNKNOWN_ADAPTER" }),
      );
      merged.undo();
      expect(subject.logits({ adapters: adapterRows(["a", "b", null]) }).every(Number.isFinite)).toBe(true);
      dispose();
    }));

  it("raw parameters, which no layer splits by rows, are refused by the adapter's name", () =>
    withSubject("pictures", (subject) => {
      const handle = newAdapter(subject, { targetModules: [], targetParameters: ["experts.weight"] });
      const mixed = () => subject.logits({ adapters: adapterRows(["default", null, "default"]) });
      expect(mixed).toThrow(expect.objectContaining({ code: "ROWS_WITH_OVERRIDE" }));
      expect(mixed).toThrow(/"default"/);
      handle.dispose();
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
