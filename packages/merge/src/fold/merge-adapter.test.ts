import { createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { type AdapterHandle, injectAdapter, partsOf, planInjection } from "@lowrank/inject";
import { HandMadeModel } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ForeignAdapterError } from "./errors.ts";
import { mergeAdapter } from "./merge-adapter.ts";
import { verifyMerge } from "./verify-merge.ts";

const everything: Partial<LoraConfig> = {
  rank: 2,
  alpha: 4,
  init: false,
  targetModules: ["embed_tokens", "q_proj", "up_proj"],
  modulesToSave: ["classifier", "norm"],
};

describe("mergeAdapter", () => {
  let model: HandMadeModel;
  let ids: tf.Tensor2D;
  let tensorsBefore: number;

  beforeEach(() => {
    tensorsBefore = tf.memory().numTensors;
    model = new HandMadeModel();
    ids = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3], "int32");
  });
  afterEach(() => {
    model.dispose();
    ids.dispose();
    expect(tf.memory().numTensors).toBe(tensorsBefore);
  });

  const adapt = (changes: Partial<LoraConfig> = {}, options = { name: "default", seed: 7 }): AdapterHandle => {
    const plan = planInjection(model, createLoraConfig({ ...everything, ...changes }));
    const handle = injectAdapter(model, plan, options);
    for (const { variable } of partsOf(handle, "whole-parameter"))
      tf.tidy(() => variable.assign(tf.add(tf.mul(variable, 0.5), 0.25)));
    return handle;
  };

  const forward = (...names: string[]) => model.forward(ids, inferenceContext(activeAdapters(...names)));

  /** Every weight's bits. */
  const weights = () =>
    [...model.sites().map((site) => site.readWeight()), ...model.parameters().map((one) => one.read())].map((copy) => {
      const bits = new Uint32Array(Float32Array.from(copy.dataSync()).buffer);
      copy.dispose();
      return bits;
    });

  it("makes the plain model compute the same as the adapted one", async () => {
    const handle = adapt();
    const adapted = forward("default");
    const base = forward();
    const merged = await mergeAdapter(model, handle);
    const plain = forward();
    const { largestDifference, compared } = await verifyMerge({ adapted, merged: plain });
    expect(largestDifference).toBeLessThan(1e-5);
    expect(compared).toBe(adapted.size);
    await expect(verifyMerge({ adapted: base, merged: plain })).rejects.toThrow("differ by up to");
    expect(handle.isAttached).toBe(false);
    expect(merged.changed).toHaveLength(9);
    tf.dispose([adapted, base, plain]);
    handle.dispose();
  });

  it("undoes it bit for bit and puts the adapter back", async () => {
    const handle = adapt();
    const before = weights();
    const adapted = forward("default");
    const merged = await mergeAdapter(model, handle);
    expect(weights()).not.toEqual(before);
    merged.undo();
    merged.undo();
    expect(weights()).toEqual(before);
    expect(handle.isAttached).toBe(true);
    const again = forward("default");
    expect(again.dataSync()).toEqual(adapted.dataSync());
    tf.dispose([adapted, again]);
    handle.dispose();
  });

  it("holds no more tensors after undoing than before merging", async () => {
    const handle = adapt();
    const before = tf.memory().numTensors;
    for (let round = 0; round < 3; round++) (await mergeAdapter(model, handle)).undo();
    expect(tf.memory().numTensors).toBe(before);
    handle.dispose();
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 3e38])("changes nothing when a factor holds %d", async (bad) => {
    const handle = adapt();
    const before = weights();
    const last = handle.sites.at(-1)!.lora.b;
    tf.tidy(() => last.assign(tf.fill(last.shape, bad) as tf.Tensor2D));
    const tensors = tf.memory().numTensors;
    const merging = mergeAdapter(model, handle);
    await expect(merging).rejects.toThrow(expect.objectContaining({ code: "NON_FINITE_MERGE" }));
    await expect(merging).rejects.toMatchObject({ weights: ["model.layers.1.mlp.up_proj.weight"] });
    expect(tf.memory().numTensors).toBe(tensors);
    expect(weights()).toEqual(before);
    expect(handle.isAttached).toBe(true);
    handle.dispose();
  });

  it("changes nothing when a saved module is not finite", async () => {
    const handle = adapt();
    const before = weights();
    const { variable } = partsOf(handle, "whole-parameter").at(-1)!;
    tf.tidy(() => variable.assign(tf.fill(variable.shape, Number.NaN)));
    await expect(mergeAdapter(model, handle)).rejects.toMatchObject({ weights: ["classifier.bias"] });
    expect(weights()).toEqual(before);
    handle.dispose();
  });

  it.each([Number.NaN, 3e38])("keeps all originals if a factor has %d", async (bad) => {
    const handle = adapt();
    const before = weights();
    const last = handle.sites.at(-1)!.lora.b;
    tf.tidy(() => last.assign(tf.fill(last.shape, bad) as tf.Tensor2D));
    const tensors = tf.memory().numTensors;
    const merging = mergeAdapter(model, handle, { keepOriginals: false });
    await expect(merging).rejects.toMatchObject({ weights: ["model.layers.1.mlp.up_proj.weight"] });
    expect(tf.memory().numTensors).toBe(tensors);
    expect(weights()).toEqual(before);
    expect(handle.isAttached).toBe(true);
    handle.dispose();
  });

  it("names the weight at which a merge without originals stopped", async () => {
    const handle = adapt();
    const { changes } = handle;
    vi.spyOn(changes[1]!, "replace").mockImplementation(() => {
      throw new Error("out of memory");
    });
    vi.spyOn(handle, "changes", "get").mockReturnValue(changes);
    const merging = mergeAdapter(model, handle, { keepOriginals: false });
    await expect(merging).rejects.toThrow(expect.objectContaining({ code: "UNFINISHED_MERGE" }));
    await expect(merging).rejects.toMatchObject({ merged: [changes[0]!.path], path: changes[1]!.path });
    handle.dispose();
  });

  it("refuses to merge twice", async () => {
    const handle = adapt();
    await mergeAdapter(model, handle);
    await expect(mergeAdapter(model, handle)).rejects.toThrow(expect.objectContaining({ code: "ALREADY_MERGED" }));
    await expect(mergeAdapter(model, [handle, handle])).rejects.toThrow(
      expect.objectContaining({ code: "ALREADY_MERGED" }),
    );
    handle.dispose();
  });

  it("lets only one of two merges of an adapter win that run at once", async () => {
    const handle = adapt();
    const adapted = forward("default");
    const results = await Promise.allSettled([mergeAdapter(model, handle), mergeAdapter(model, handle)]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    const plain = forward();
    await verifyMerge({ adapted, merged: plain, tolerance: 1e-5 });
    tf.dispose([adapted, plain]);
    handle.dispose();
  });

  it.each([
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ])("loses neither of two adapters that are merged at once (originals kept: %s, %s)", async (first, second) => {
    const one = adapt({ modulesToSave: null }, { name: "one", seed: 1 });
    const two = adapt({ modulesToSave: null }, { name: "two", seed: 2 });
    const adapted = forward("one", "two");
    await Promise.all([
      mergeAdapter(model, one, { keepOriginals: first }),
      mergeAdapter(model, two, { keepOriginals: second }),
    ]);
    const plain = forward();
    await verifyMerge({ adapted, merged: plain, tolerance: 1e-5 });
    tf.dispose([adapted, plain]);
    one.dispose();
    two.dispose();
  });

  it("sums several adapters, in whatever order they are listed", async () => {
    const one = adapt({ modulesToSave: null }, { name: "one", seed: 1 });
    const two = adapt({ modulesToSave: null, rank: 3 }, { name: "two", seed: 2 });
    const adapted = forward("one", "two");
    const merged = await mergeAdapter(model, [one, two]);
    const first = weights();
    const plain = forward();
    await verifyMerge({ adapted, merged: plain, tolerance: 1e-5 });
    merged.undo();
    await mergeAdapter(model, [two, one]);
    expect(weights()).toEqual(first);
    tf.dispose([adapted, plain]);
    one.dispose();
    two.dispose();
  });

  it("undoes merges in reverse order only", async () => {
    const one = adapt({ modulesToSave: null }, { name: "one", seed: 1 });
    const two = adapt({ modulesToSave: null }, { name: "two", seed: 2 });
    const before = weights();
    const first = await mergeAdapter(model, one);
    const second = await mergeAdapter(model, two);
    expect(() => first.undo()).toThrow(expect.objectContaining({ code: "LATER_MERGE" }));
    second.undo();
    first.undo();
    expect(weights()).toEqual(before);
    one.dispose();
    two.dispose();
  });

  it("merges with the scale in effect", async () => {
    const handle = adapt({ modulesToSave: null });
    const before = weights();
    handle.setScale(0);
    const merged = await mergeAdapter(model, handle);
    expect(weights()).toEqual(before);
    merged.undo();
    handle.dispose();
  });

  it("refuses a tied weight, and makes a separate one on request", async () => {
    const tied = new HandMadeModel({ tiedHead: true });
    const config = createLoraConfig({ ...everything, modulesToSave: null, targetModules: ["lm_head"] });
    const handle = injectAdapter(tied, planInjection(tied, config), { seed: 7 });
    await expect(mergeAdapter(tied, handle)).rejects.toThrow(expect.objectContaining({ code: "TIED_WEIGHT" }));
    const merged = await mergeAdapter(tied, handle, { tied: "untie" });
    expect(merged.untied).toEqual(["lm_head.weight"]);
    handle.dispose();
    tied.dispose();
  });

  it("refuses nothing, and adapters of another model", async () => {
    await expect(mergeAdapter(model, [])).rejects.toThrow(expect.objectContaining({ code: "NOTHING_TO_MERGE" }));
    const handle = adapt();
    const other = new HandMadeModel();
    await expect(mergeAdapter(other, handle)).rejects.toThrow(ForeignAdapterError);
    other.dispose();
    handle.dispose();
  });
});

describe("verifyMerge", () => {
  it("leaves out positions that are padding", async () => {
    await tf.setBackend("cpu");
    const adapted = tf.tensor3d([1, 2, 3, 4], [1, 2, 2]);
    const merged = tf.tensor3d([1, 2, 9, 9], [1, 2, 2]);
    const attentionMask = tf.tensor2d([1, 0], [1, 2], "int32");
    await expect(verifyMerge({ adapted, merged })).rejects.toThrow("6.00");
    expect((await verifyMerge({ adapted, merged, attentionMask })).compared).toBe(2);
    tf.dispose([adapted, merged, attentionMask]);
  });

  it("finds nothing within a tolerance that is no number", async () => {
    await tf.setBackend("cpu");
    const adapted = tf.tensor1d([1]);
    const merged = tf.tensor1d([5]);
    await expect(verifyMerge({ adapted, merged, tolerance: Number.NaN })).rejects.toThrow("tolerance");
    tf.dispose([adapted, merged]);
  });

  it("treats NaN as the largest difference", async () => {
    await tf.setBackend("cpu");
    const adapted = tf.tensor1d([Number.NaN, 1]);
    const merged = tf.tensor1d([1, 1]);
    await expect(verifyMerge({ adapted, merged })).rejects.toThrow("Infinity");
    tf.dispose([adapted, merged]);
  });
});
