// Against PEFT 0.21.2: fixtures/singular-values/make_singular_values.py made the numbers.

import "@tensorflow/tfjs-backend-cpu";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expectNoLeak, fixturesRoot, HandMadeSite } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import { findKappaTargetModules } from "./kappa-targets.ts";

interface Expected {
  readonly weights: Readonly<Record<string, number[][]>>;
  readonly kappas: Readonly<Record<string, number>>;
  readonly best: Readonly<Record<string, readonly string[]>>;
}

const { weights, kappas, best }: Expected = JSON.parse(
  readFileSync(join(fixturesRoot, "../singular-values/expected.json"), "utf8"),
);
const sites = Object.entries(weights).map(
  ([path, rows]) => new HandMadeSite({ path, weight: tf.tidy(() => tf.transpose(tf.tensor2d(rows))) }),
);
const model = { sites: () => sites };

describe("findKappaTargetModules", () => {
  afterAll(() => {
    for (const site of sites) site.dispose();
  });

  it.each(Object.entries(best))("chooses PEFT's layers for a share of %s", (topP, paths) => {
    expect(findKappaTargetModules(model, { topP: Number(topP) }).map(({ path }) => path)).toEqual(paths);
  });

  it("has PEFT's condition numbers, and a large one for less than full rank", () => {
    const found = new Map(findKappaTargetModules(model, { topP: 1 }).map(({ path, kappa }) => [path, kappa]));
    for (const path of ["q_proj", "k_proj"]) expect(found.get(path)! / kappas[path]!).toBeCloseTo(1, 4);
    expect(found.get("v_proj")).toBeGreaterThan(1e7);
  });

  it("leaves out layers that are too large, refuses a share of 0, and leaks nothing", async () => {
    expect(findKappaTargetModules(model, { topP: 1, maxDimSizeToAnalyze: 12 })).toHaveLength(2);
    expect(() => findKappaTargetModules(model, { topP: 0 })).toThrow("topP = 0");
    await expectNoLeak(() => findKappaTargetModules(model));
  });
});
