import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sizeOf } from "./rule.ts";
import { type OptimizerName, optimizers, ruleOf } from "./rules.ts";

type Arrays = Readonly<Record<string, readonly number[]>>;

interface References {
  readonly shapes: Arrays;
  readonly start: Arrays;
  readonly gradients: readonly Arrays[];
  readonly ends: Readonly<Record<string, Arrays>>;
}

const file = new URL("../../../../../fixtures/training/references.json", import.meta.url);
const { shapes, start, gradients, ends }: References = JSON.parse(readFileSync(file, "utf8")).optimizers;

/** The values of a variable after every step, by the rule. */
function trained(name: string, variable: string): Float32Array {
  const [rule, momentum] = [ruleOf(name.split(" ")[0] as OptimizerName), name.endsWith("momentum") ? 0.9 : 0];
  const options = { betas: rule.betas, epsilon: 1e-8, momentum };
  const shape = shapes[variable] ?? [];
  const means = Object.fromEntries(rule.means(shape, options).map(([mean, size]) => [mean, new Float32Array(size)]));
  const values = Float32Array.from(start[variable] ?? []);
  for (const [index, grads] of gradients.entries()) {
    const rates = { learningRate: 0.05, weightDecay: 0.1, updates: index + 1, gradientFactor: 1 };
    rule.update({ values, gradients: Float32Array.from(grads[variable] ?? []), means, shape }, rates, options);
  }
  return values;
}

describe.each(Object.keys(ends))("%s", (name) => {
  it.each(Object.keys(shapes))("moves a %s as its own implementation in Python does", (variable) => {
    const values = trained(name, variable);
    for (const [range, expected] of (ends[name]?.[variable] ?? [Number.NaN]).entries())
      expect(values[range]).toBeCloseTo(expected, 5);
  });
});

it("every optimizer has been compared", () => {
  expect(new Set(Object.keys(ends).map((name) => name.split(" ")[0]))).toEqual(new Set(optimizers.keys()));
});

it("adafactor stores a row and a column of a table, where adamw stores it twice", () => {
  const options = { betas: [0, 0], epsilon: 0, momentum: 0 } as const;
  const remembered = (name: OptimizerName, shape: readonly number[]) =>
    ruleOf(name)
      .means(shape, options)
      .reduce((sum, [, size]) => sum + size, 0);
  expect(remembered("adamw", [50_000, 64])).toBe(2 * sizeOf([50_000, 64]));
  expect(remembered("adafactor", [50_000, 64])).toBe(50_064);
});
