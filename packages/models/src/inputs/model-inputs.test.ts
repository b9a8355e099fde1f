import "@tensorflow/tfjs-backend-cpu";
import { join } from "node:path";
import { noAdapters } from "@lowrank/contracts";
import { fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { loadModel } from "../loading/load-model.ts";
import { openFolder } from "../node.ts";
import { KeyValueCache } from "../parts/cache/key-value-cache.ts";
import type { PretrainedModel } from "../pretrained-model.ts";
import type { ModelInputs } from "./model-inputs.ts";

const names = ["gpt2", "opt", "llama-gqa"] as const;
const models = new Map<string, PretrainedModel>();

beforeAll(async () => {
  for (const name of names) models.set(name, await loadModel(openFolder(join(fixturesRoot, name, "base"))));
});
afterAll(() => {
  for (const model of models.values()) model.dispose();
});

const grid = (rows: number[][]) => tf.tensor2d(rows, undefined, "int32");

/** The error of a forward pass; undefined if there is none. Nothing may stay in memory. */
function failure(name: string, inputs: () => ModelInputs): unknown {
  const before = tf.memory().numTensors;
  let reason: unknown;
  tf.tidy(() => {
    try {
      models.get(name)?.forward(inputs());
    } catch (error) {
      reason = error;
    }
  });
  expect(tf.memory().numTensors).toBe(before);
  return reason;
}

describe("the positions of a call", () => {
  const at = (positions: number[]) => () => ({ inputIds: grid([[5, 6]]), positionIds: [positions] });

  it.each([
    ["gpt2", [-1, 0]],
    ["gpt2", [0.5, 1]],
    ["opt", [-3, 0]],
    ["opt", [Number.NaN, 0]],
    ["llama-gqa", [0, Number.NaN]],
    ["llama-gqa", [0, Number.POSITIVE_INFINITY]],
  ])("of %s cannot be %j", (name, positions) => {
    const error = failure(name, at(positions));
    expect(error).toMatchObject({ code: "MODEL_INPUT" });
    expect(error).toMatchObject({ input: "positionIds" });
  });

  it.each([
    ["opt", [-1, 0]],
    ["llama-gqa", [-1, 0]],
  ])("of %s may be %j, as in transformers", (name, positions) => {
    expect(failure(name, at(positions))).toBeUndefined();
  });
});

describe("a cache", () => {
  it("is refused by a batch of another number of rows than filled it, and stays as it was", () => {
    const cache = new KeyValueCache(noAdapters);
    const model = models.get("llama-gqa");
    tf.tidy(() => {
      model?.forward({ inputIds: grid([[5, 6]]), cache });
    });
    const error = failure("llama-gqa", () => ({ inputIds: grid([[7], [8]]), cache }));
    expect(error).toMatchObject({ code: "MODEL_INPUT" });
    expect(error).toMatchObject({ input: "cache" });
    expect([cache.length, cache.rows]).toEqual([2, 1]);
    expect(
      failure("llama-gqa", () => ({ inputIds: grid([[7, 8]]), positionIds: [[Number.NaN, 0]], cache })),
    ).toMatchObject({ code: "MODEL_INPUT" });
    cache.dispose();
  });
});
