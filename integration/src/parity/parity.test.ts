import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { readdirSync } from "node:fs";
import { fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { describeCase, runCase } from "./check-case.ts";
import { isWithin } from "./parity-check.ts";

const cases = readdirSync(fixturesRoot, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

describe("parity with PEFT", () => {
  beforeAll(() => tf.setBackend("cpu"));

  it.each(cases)("%s: logits, loss, gradients, merge and training", async (name) => {
    const before = tf.memory().numTensors;
    const result = await runCase(name);
    expect(
      result.checks.filter((check) => !isWithin(check)),
      describeCase(result),
    ).toEqual([]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
