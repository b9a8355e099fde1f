import { readFileSync } from "node:fs";
import { expectClose } from "@lowrank/testing";
import { describe, expect, it } from "vitest";
import { penalizeRepetition } from "./choose-token.ts";
import { type ProbabilityRules, tokenProbabilities } from "./token-probabilities.ts";

interface Case {
  readonly options: ProbabilityRules & { readonly repetitionPenalty?: number };
  readonly logits: readonly number[];
  readonly tokens: readonly number[];
  readonly probabilities: readonly number[];
}

const fixture = new URL("../../fixtures/logits-processors.json", import.meta.url);
const { cases }: { readonly cases: readonly Case[] } = JSON.parse(readFileSync(fixture, "utf8"));

describe("probabilities equal those of transformers' logits processors", () => {
  it.each(cases.map((one, index) => ({ ...one, name: `${index}: ${JSON.stringify(one.options)}` })))(
    "$name",
    ({ options, logits, tokens, probabilities }) => {
      const { repetitionPenalty = 1, ...rules } = options;
      const actual = tokenProbabilities(
        penalizeRepetition(Float32Array.from(logits), tokens, repetitionPenalty),
        rules,
      );
      expect(Array.from(actual, (value) => value > 0)).toEqual(probabilities.map((value) => value > 0));
      expectClose(actual, probabilities, 1e-6); // transformers divides by the temperature in float32
    },
  );

  it("finds the k likeliest of many", () => {
    const logits = Float32Array.from({ length: 5000 }, (_, token) => Math.sin(token * 1.7) * 9);
    const sorted = logits.slice().sort().reverse();
    for (const k of [1, 2, 40, 4999]) {
      const kept = tokenProbabilities(logits, { topK: k }).filter((value) => value > 0).length;
      expect(kept).toBe(sorted.filter((value) => value >= (sorted[k - 1] ?? 0)).length);
    }
  });
});
