import "@tensorflow/tfjs-backend-cpu";
import type { Fixture, FixtureTensor } from "@lowrank/testing";
import { describe, expect, it } from "vitest";
import { inputsOf } from "../fixture/parity-case.ts";
import { roundingDecides, roundingOf, unstableEntries } from "./unstable-entries.ts";

function fixtureOf(values: Readonly<Record<string, readonly number[]>>): Fixture {
  const tensors = new Map<string, FixtureTensor>(
    Object.entries(values).map(([name, numbers]) => [
      name,
      { dtype: "F32", shape: [numbers.length], values: Float32Array.from(numbers) },
    ]),
  );
  return { folder: "", expected: {}, tensors, tensor: (name) => tensors.get(name)! };
}

const prefix = "grad.base_model.model.";

describe("entries that mean nothing", () => {
  const fixture = fixtureOf({
    [`${prefix}q.bias`]: [0.5, -0.2, 1e-9],
    [`${prefix}k.bias`]: [1e-9, -3e-9, 2e-9],
    "unstable.base_model.model.q.bias": [0, 0, 0],
  });

  it("are all entries of a gradient that is zero except for rounding", () => {
    expect(roundingOf(fixture, "k.bias")).toBeCloseTo(5e-7, 12);
    expect([0, 1, 2].map(unstableEntries(fixture, "k.bias"))).toEqual([true, true, true]);
  });

  it("are entries with an equally small gradient among others", () => {
    expect(roundingOf(fixture, "q.bias")).toBe(0);
    expect([0, 1, 2].map(unstableEntries(fixture, "q.bias"))).toEqual([false, false, true]);
  });

  it("may be those with an equally small first gradient in training, except those without an effect", () => {
    const first = Float32Array.of(0.5, 1e-8, 0);
    expect([0, 1, 2].map(roundingDecides(fixtureOf({}), first))).toEqual([false, true, false]);
  });

  it("are no labels of a regression: these are read as they are", () => {
    const { labels } = inputsOf(fixtureOf({ labels: [0.5, -1.25] }));
    expect([...labels.dataSync()]).toEqual([0.5, -1.25]);
    labels.dispose();
  });
});
