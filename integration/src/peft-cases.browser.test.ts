// PEFT's cases in a page, on WebGPU and wasm, as `npm run parity` compares them in Node: logits, losses, gradients, merges and training.
// LOWRANK_PARITY=fixtures/peft,fixtures/lora-features selects others than those of parity/in-page/cases-in-page.ts.

/// <reference types="vite/types/importMeta.d.ts" />

import { chooseEngine, engineNames } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { describeCase, runCase } from "./parity/check-case.ts";
import { isWithin } from "./parity/fixture/parity-check.ts";

const engine = engineNames.find((name) => name === import.meta.env.LOWRANK_TEST_ENGINES) ?? "wasm";

describe.skipIf(engine === "webgl")(`PEFT's cases on ${engine}`, () => {
  beforeAll(async () => {
    await chooseEngine({
      order: [engine],
      environment: {},
      wasmPath: "/node_modules/@tensorflow/tfjs-backend-wasm/dist/",
    });
  });

  it.each(inject("parityCases"))("%s", async (folder) => {
    const before = tf.memory().numTensors;
    const result = await runCase(folder);
    const wrong = [...result.problems, ...result.checks.filter((check) => !isWithin(check))];
    expect(wrong, describeCase(result)).toEqual([]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
