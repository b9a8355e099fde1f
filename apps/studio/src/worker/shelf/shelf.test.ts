import { inferenceContext } from "@lowrank/contracts";
import { weightedAdapters } from "@lowrank/inject";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { someAdapter } from "../../../test/some-adapter.ts";
import { tinyWorkerState } from "../../../test/tiny-worker-state.ts";
import { logits } from "../look/console.ts";
import { WorkerState } from "../worker-state.ts";
import { attached } from "./attached.ts";
import { mix } from "./mix.ts";
import { remove, rename, restore, shelf } from "./shelf.ts";

const silent = () => {};
const inputIds = [5, 6, 7, 8];

describe("the shelf", () => {
  let state: WorkerState;
  beforeAll(async () => {
    state = await tinyWorkerState();
  });
  afterAll(() => state.loaded.opened.dispose());

  const names = async (of = state) => (await shelf(of, undefined, silent)).map(({ name }) => name).sort();

  it("numbers names that are taken, renames, and describes an adapter", async () => {
    const first = await someAdapter(state, { name: "Pirate", seed: 1 });
    const second = await someAdapter(state, { name: "Pirate", seed: 2 });
    expect(first).toMatchObject({ name: "Pirate", model: "@lowrank/tiny-model", rank: 4, origin: "trained" });
    expect(second.name).toBe("Pirate 2");
    await rename(state, { id: second.id, name: "Courtier" }, silent);
    expect(await names()).toEqual(["Courtier", "Pirate"]);
  });

  it("restores a deleted adapter, until the next start", async () => {
    const { id } = await someAdapter(state, { name: "Gone", seed: 3 });
    await remove(state, { id }, silent);
    expect(await names()).not.toContain("Gone");
    await restore(state, { id }, silent);
    expect(await names()).toContain("Gone");
    await remove(state, { id }, silent);
    const next = new WorkerState(state.store);
    await names(next);
    await expect(restore(next, { id }, silent)).rejects.toMatchObject({ code: "NOT_ON_SHELF", id });
  });

  it("leaves the base as it is at strength 0", async () => {
    const { id } = await someAdapter(state, { name: "Weak", seed: 4 });
    expect(await answerOf(state, id, 0)).toEqual(await answerOf(state, undefined));
  });

  it("mixes two into one that computes what both do together", async () => {
    const parts = await Promise.all(
      [5, 6].map(async (seed) => (await someAdapter(state, { name: `Part ${seed}`, seed })).id),
    );
    const weights = [0.7, 0.3];
    const { id, rank } = await mix(
      state,
      { name: "Both", parts: parts.map((part, index) => ({ id: part, weight: weights[index] ?? 0 })) },
      silent,
    );
    expect(rank).toBe(8);
    const sum = weightedAdapters(
      Object.fromEntries(
        await Promise.all(parts.map(async (part, index) => [(await attached(state, part)).name, weights[index]])),
      ),
    );
    const model = state.loaded.opened.base;
    const together = tf.tidy(() =>
      model.forward({ inputIds: tf.tensor2d(inputIds, [1, 4], "int32") }, inferenceContext(sum)).dataSync(),
    );
    const mixed = await answerOf(state, id);
    expect(largestDifference(mixed, together)).toBeLessThan(1e-4);
    expect(largestDifference(mixed, await answerOf(state, undefined))).toBeGreaterThan(0.1);
  });

  it("keeps few adapters on the model at a time", async () => {
    for (let seed = 10; seed < 16; seed++) await attached(state, (await someAdapter(state, { name: "x", seed })).id);
    expect(state.loaded.opened.adapters.length).toBe(4);
  });
});

function answerOf(state: WorkerState, adapter: string | undefined, strength?: number) {
  return logits(state, { inputIds, ...(adapter === undefined ? {} : { adapter, strength }) }, silent);
}

function largestDifference(one: ArrayLike<number>, other: ArrayLike<number>): number {
  return Array.from(one).reduce((max, value, index) => Math.max(max, Math.abs(value - (other[index] ?? 0))), 0);
}
