import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { someAdapter } from "../../../test/some-adapter.ts";
import { tinyWorkerState } from "../../../test/tiny-worker-state.ts";
import { attached } from "../shelf/attached.ts";
import type { WorkerState } from "../worker-state.ts";
import { picture } from "./picture.ts";
import { similarity } from "./similarity.ts";
import { countMattering, singularValues } from "./singular-values.ts";

const silent = () => {};

describe("an adapter from inside", () => {
  let state: WorkerState;
  beforeAll(async () => {
    state = await tinyWorkerState();
  });
  afterAll(() => state.loaded.opened.dispose());

  it.each([
    ["plain", {}],
    ["DoRA", { useDora: true }],
  ])("shows how much each layer is changed: %s", async (name, config) => {
    const { id } = await someAdapter(state, { name, seed: 1, ...config });
    const adapter = await attached(state, id);
    const tensors = tf.memory().numTensors;
    const { cells, without } = await picture(state, { id }, silent);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(without).toEqual([]);
    expect(cells.length).toBe(adapter.handle.sites.length);
    expect(cells[0]).toMatchObject({ block: 0, target: "q_proj" });
    for (const change of adapter.handle.changes.slice(0, 4)) {
      const expected = tf.tidy(() => {
        const weight = change.read();
        const folded = change.fold(weight, weight, () => weight);
        return tf.div(tf.norm(tf.sub(folded, weight)), tf.norm(weight)).dataSync()[0] as number;
      });
      const cell = cells.find(({ site }) => `${site}.weight` === change.path);
      expect(cell?.change).toBeCloseTo(expected, 4);
    }
  });

  it("lists the singular values of an update", async () => {
    const { id } = await someAdapter(state, { name: "plain", seed: 2 });
    const { cells } = await picture(state, { id }, silent);
    const { site } = cells[0]!;
    const { values, mattering } = await singularValues(state, { id, site }, silent);
    expect(values.length).toBe(4);
    const { handle } = await attached(state, id);
    const norm = await normOfChange(handle.changes.find(({ path }) => path === `${site}.weight`)!);
    expect(Math.hypot(...values)).toBeCloseTo(norm, 3);
    expect(mattering).toBeGreaterThan(0);
    const { id: dora } = await someAdapter(state, { name: "dora", seed: 2, useDora: true });
    await expect(singularValues(state, { id: dora, site }, silent)).rejects.toMatchObject({
      code: "NO_THIN_UPDATE",
    });
  });

  it("counts what holds nine tenths", () => {
    expect(countMattering([3, 1, 0])).toBe(1);
    expect(countMattering([3, 3, 3, 0.1])).toBe(3);
    expect(countMattering([0, 0])).toBe(0);
  });

  it("tells two adapters apart, but not one from itself", async () => {
    const [one, other] = [
      await someAdapter(state, { name: "one", seed: 3 }),
      await someAdapter(state, { name: "other", seed: 4, rank: 8, targetModules: ["q_proj"] }),
    ];
    const same = await similarity(state, { first: one.id, second: one.id }, silent);
    for (const { reads, writes } of same.cells) {
      expect(reads).toBeCloseTo(1, 6);
      expect(writes).toBeCloseTo(1, 6);
    }
    const apart = await similarity(state, { first: one.id, second: other.id }, silent);
    expect(apart.cells.length).toBe(same.cells.length / 2);
    for (const { reads, writes } of apart.cells) expect(Math.max(reads, writes)).toBeLessThan(0.3);
  });
});

function normOfChange(change: { read(): tf.Tensor; fold(w: tf.Tensor, b: tf.Tensor, of: () => tf.Tensor): tf.Tensor }) {
  return tf.tidy(() => {
    const weight = change.read();
    return tf
      .norm(
        tf.sub(
          change.fold(weight, weight, () => weight),
          weight,
        ),
      )
      .dataSync()[0] as number;
  });
}
