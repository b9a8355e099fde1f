// Invariant 21: tables that two modules share, and tables with some trained rows.

import { activeAdapters } from "@lowrank/contracts";
import { mergeAdapter } from "@lowrank/merge";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { examples, expectNear, newAdapter, trainedAdapter, weightsOf } from "./adapters.ts";
import { runSteps } from "./runs.ts";
import { embeddingTarget, onCpu, withResized, withSubject } from "./subjects.ts";

onCpu();

const active = { adapters: activeAdapters("default") };

describe("21. tables that are shared stay shared, and of a table only the chosen rows train", () => {
  it("rows outside the list stay the same to the bit, in the table, in the head that shares it and in the scores", () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom("gpt2", "llama-gqa"),
        fc.subarray([1, 4, 9, 10, 50], { minLength: 1 }),
        (name, tokens) =>
          withSubject(name, async (subject) => {
            const base = weightsOf(subject.model);
            const before = subject.logits({ ids: [[2, 3, 7]] });
            const handle = newAdapter(subject, { targetModules: ["c_attn", "q_proj"], trainableTokenIndices: tokens });
            await runSteps(subject, handle, { steps: 2, learningRate: 0.1, adapters: activeAdapters("default") });
            const [table, rows] = [...handle.variables].find(([key]) => key.includes("token_adapter"))!;
            expect([table.includes(embeddingTarget[name]), rows.shape[0]]).toEqual([true, tokens.length]);
            for (const [key, variable] of handle.variables)
              if (key.includes("lora_")) tf.tidy(() => variable.assign(tf.zerosLike(variable))); // the rows alone
            const scores = subject.logits({ ...active, ids: [[2, 3, 7]] });
            const isScored = (position: number) => name === "gpt2" && tokens.includes(position % vocabulary);
            scores.forEach((score, position) => {
              if (!isScored(position)) expect(score).toBe(before[position]);
            });
            const merged = await mergeAdapter(subject.model, handle);
            const tables = [`${embeddingTarget[name]}.weight`, ...(name === "gpt2" ? ["lm_head.weight"] : [])];
            for (const [path, weight] of weightsOf(subject.model)) {
              const isTable = tables.some((table) => path.endsWith(table));
              expect([path, changedTokens(path, weight, base.get(path)!)]).toEqual([path, isTable ? tokens : []]);
            }
            merged.undo();
            handle.dispose();
          }),
      ),
      examples,
    ));

  it("of a resized vocabulary every old row stays the same to the bit while new tokens train, and the base is as it was", () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom("gpt2", "llama-gqa"), fc.integer({ min: 1, max: 7 }), (name, added) =>
        withResized(name, vocabulary + added, async (subject, base) => {
          const [weights, before] = [weightsOf(base.model), base.logits()];
          const tokens = Array.from({ length: added }, (_, index) => vocabulary + index);
          const ids = [[2, ...tokens, 3]];
          const handle = newAdapter(subject, { targetModules: ["c_attn", "q_proj"], trainableTokenIndices: tokens });
          const initial = subject.logits({ ids });
          const adapters = activeAdapters("default");
          await runSteps(subject, handle, { steps: 2, learningRate: 0.1, adapters, batches: () => [ids] });
          expect(subject.logits({ ...active, ids })).not.toEqual(initial);
          expect(subject.logits({ ids })).toEqual(initial);
          const merged = await mergeAdapter(subject.model, handle);
          for (const [path, weight] of weightsOf(subject.model)) {
            if (/(c_attn|q_proj)\.weight$/.test(path)) continue;
            const isTable = path.endsWith(`${embeddingTarget[name]}.weight`) || path === "lm_head.weight";
            const kept = isTable ? firstTokens(path, weight) : weight;
            expect([path, kept]).toEqual([path, weights.get(path)]);
          }
          merged.undo();
          handle.dispose();
          expect(base.logits()).toEqual(before);
        }),
      ),
      examples,
    ));

  it("an adapter on a shared table acts only there, and the head still uses the frozen one", () =>
    withSubject("gpt2", async (subject) => {
      const base = weightsOf(subject.model);
      const handle = trainedAdapter(subject, { targetModules: ["wte"] });
      const adapted = subject.logits(active);
      const { path } = handle.sites[0]!.site;
      const table = subject.model.parameters().find((parameter) => parameter.path === `${path}.weight`)!;
      expect(table.tiedWith).toBe("lm_head.weight");
      const merged = await mergeAdapter(subject.model, handle, { tied: "untie" });
      expect(merged.untied).toEqual([`${path}.weight`]);
      const after = weightsOf(subject.model);
      expect(after.get("lm_head.weight")).toEqual(base.get("lm_head.weight"));
      expect(after.get(`${path}.weight`)).not.toEqual(base.get(`${path}.weight`));
      expectNear(subject.logits(), adapted);
      merged.undo();
      handle.dispose();
    }));
});

const vocabulary = 100;

const width = 32;

/** The numbers of the first tokens in a table [tokens, width], or in a head [width, tokens]. */
function firstTokens(path: string, weight: Float32Array): Float32Array {
  if (path !== "lm_head.weight") return weight.subarray(0, vocabulary * width);
  const tokens = weight.length / width;
  return weight.filter((_, position) => position % tokens < vocabulary);
}

/** Tokens whose numbers in a table [vocabulary, width], or in a head [width, vocabulary], are not the base's. */
function changedTokens(path: string, weight: Float32Array, base: Float32Array): readonly number[] {
  const width = weight.length / vocabulary;
  const tokenAt = (position: number) =>
    path === "lm_head.weight" ? position % vocabulary : Math.floor(position / width);
  const changed = new Set<number>();
  weight.forEach((value, position) => {
    if (value !== base[position]) changed.add(tokenAt(position));
  });
  return [...changed].sort((one, other) => one - other);
}
