// Merges that give up the originals: the same weights, files and logits as a merge that keeps them, in half the memory.

import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { join } from "node:path";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { attachAdapter } from "@lowrank/inject";
import { exportModel, type MergeOptions, mergeAdapter } from "@lowrank/merge";
import { loadModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

/** Merges a fixture's adapter; the exported weights, and how much memory the merge added. */
async function mergeFixture(name: string, options: MergeOptions) {
  const source = openFolder(join(fixturesRoot, name, "base"));
  const tensorsBefore = tf.memory().numTensors;
  const model = await loadModel(source);
  const plainBytes = tf.memory().numBytes;
  const handle = attachAdapter(model, await readAdapterFolder(join(fixturesRoot, name, "adapter")));
  const merged = await mergeAdapter(model, handle, options);
  handle.dispose();
  const addedBytes = tf.memory().numBytes - plainBytes;
  const files = await exportModel(model, { source });
  model.dispose();
  expect(tf.memory().numTensors).toBe(tensorsBefore);
  return { merged, addedBytes, files };
}

describe("mergeAdapter with keepOriginals: false", () => {
  beforeAll(() => tf.setBackend("cpu"));

  it.each([
    ["gpt2", "refuse"],
    ["all-linear-llama", "refuse"],
    ["dora-linear", "refuse"],
    ["bert-seqcls", "refuse"],
    ["bias-all", "refuse"],
    ["t5", "refuse"],
    ["vit", "refuse"],
    ["embed-lmhead-target", "untie"],
    ["embed-saved", "untie"],
  ] as const)("writes %s as a merge that keeps them does, without their memory", async (name, tied) => {
    const kept = await mergeFixture(name, { tied });
    const final = await mergeFixture(name, { tied, keepOriginals: false });
    expect(final.files).toEqual(kept.files);
    expect(final.merged.changed).toEqual(kept.merged.changed);
    expect(kept.addedBytes).toBeGreaterThan(0);
    // A matrix that another module still uses stays next to the merged one.
    if (kept.merged.untied.length === 0) expect(final.addedBytes).toBe(0);
    expect(() => final.merged.undo()).toThrow(expect.objectContaining({ code: "FINAL_MERGE" }));
  });

  it("leaves a table and a head that were one matrix with a matrix each", async () => {
    const kept = await mergeFixture("trainable-tokens-tied", { tied: "untie" });
    const final = await mergeFixture("trainable-tokens-tied", { tied: "untie", keepOriginals: false });
    expect(final.files).toEqual(kept.files);
    expect(final.addedBytes).toBe(12_800); // 100 rows of 32 numbers: one of the two
  });
});
