import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { describeCase, runCase } from "./check-case.ts";
import { isWithin } from "./fixture/parity-check.ts";

const cases = [
  "../peft",
  "../lora-features",
  "../family-features",
  "../shared-tables",
  "../old-peft",
  "../repeated-names",
]
  .map((set) => join(fixturesRoot, set))
  .flatMap((root) =>
    readdirSync(root, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [join(root, entry.name)] : [],
    ),
  );

describe("parity with PEFT", () => {
  beforeAll(() => tf.setBackend("cpu"));

  it.each(cases.map((folder) => [basename(folder), folder]))(
    "%s: logits, loss, gradients, merge and training",
    async (_, folder) => {
      const before = tf.memory().numTensors;
      const result = await runCase(folder);
      expect([...result.problems, ...result.checks.filter((check) => !isWithin(check))], describeCase(result)).toEqual(
        [],
      );
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});
