import "../../gradients.ts";
import "@tensorflow/tfjs-backend-cpu";
import { activeAdapters, adapterRows, inferenceContext } from "@lowrank/contracts";
import type { Adaptation } from "@lowrank/contracts/internal";
import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { EmbeddingSite } from "./embedding-site.ts";
import { LinearSite } from "./linear-site.ts";

const base = inferenceContext();
const adapted = inferenceContext(activeAdapters("a"));
const addOne: Adaptation = { variables: [], apply: ({ output, weight }) => tf.add(output, weight) };

/** y = [x0 + 2·x1, 3·x0 + 4·x1, 5·x0 + 6·x1] + [0.1, 0.2, 0.3] */
function smallSite(): LinearSite {
  const site = new LinearSite({ path: "fc", inFeatures: 2, outFeatures: 3, bias: true });
  const [weight, bias] = site.slots;
  weight?.fill(tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]));
  bias?.fill(tf.tensor1d([0.1, 0.2, 0.3]));
  return site;
}

async function outputs(site: LinearSite, context = base, rows = [[1, 1]]): Promise<number[]> {
  const output = tf.tidy(() => site.forward(tf.tensor2d(rows), context));
  const values = Array.from(await output.data());
  output.dispose();
  return values;
}

describe("LinearSite", () => {
  it("reads torch's layout and adds the bias", async () => {
    const site = smallSite();
    expectClose(await outputs(site), [3.1, 7.2, 11.3], 1e-6);
    expect(site.slots.map(({ path, shape }) => [path, shape])).toEqual([
      ["fc.weight", [3, 2]],
      ["fc.bias", [3]],
    ]);
    site.dispose();
  });

  it("adapts in calls that select the adapter, and not after it is detached", async () => {
    const site = smallSite();
    const detach = site.attach("a", addOne);
    expectClose(await outputs(site, adapted), [4.1, 8.2, 12.3], 1e-6);
    expectClose(await outputs(site), [3.1, 7.2, 11.3], 1e-6);
    detach();
    expectClose(await outputs(site, adapted), [3.1, 7.2, 11.3], 1e-6);
    site.dispose();
  });

  it("uses each row's own adapter", async () => {
    const site = smallSite();
    site.attach("a", addOne);
    const rows = inferenceContext(adapterRows([null, "a"]));
    const same = [
      [1, 1],
      [1, 1],
    ];
    expectClose(await outputs(site, rows, same), [3.1, 7.2, 11.3, 4.1, 8.2, 12.3], 1e-6);
    site.dispose();
  });

  it("trains a weight that overrides the frozen one", async () => {
    const site = smallSite();
    const [weight] = site.parameters();
    const variable = tf.variable(tf.tensor2d([1, 0, 0, 0, 1, 0], [2, 3]));
    const restore = weight?.override("a", variable);
    expectClose(await outputs(site, adapted), [1.1, 1.2, 0.3], 1e-6);
    const { value, grads } = tf.variableGrads(
      () => tf.sum<tf.Scalar>(site.forward(tf.tensor2d([[2, 5]]), adapted)),
      [variable],
    );
    const gradient = Object.values(grads)[0];
    expect(Array.from((await gradient?.data()) ?? [])).toEqual([2, 2, 2, 5, 5, 5]);
    restore?.();
    expectClose(await outputs(site, adapted), [3.1, 7.2, 11.3], 1e-6);
    tf.dispose([value, grads, variable]);
    site.dispose();
  });

  it("puts the frozen weight back bit for bit, and leaves no tensors", async () => {
    await expectNoLeak(async () => {
      const site = smallSite();
      const before = await outputs(site);
      const restore = site.replaceWeight(tf.zeros([2, 3]));
      expectClose(await outputs(site), [0.1, 0.2, 0.3], 1e-7);
      restore();
      restore();
      expect(await outputs(site)).toEqual(before);
      site.dispose();
    });
  });

  it("refuses an override of another shape", () => {
    const site = smallSite();
    const [weight] = site.parameters();
    const wrong = tf.variable(tf.zeros([3, 2]));
    expect(() => weight?.override("a", wrong)).toThrow(/"fc.weight".*\[2, 3\]/);
    wrong.dispose();
    site.dispose();
  });
});

describe("a head tied to an embedding", () => {
  function tiedPair() {
    const table = new EmbeddingSite({ path: "wte", rows: 3, width: 2, tiedWith: "lm_head" });
    const head = new LinearSite({ path: "lm_head", inFeatures: 2, outFeatures: 3, bias: false, tiedTo: table });
    table.slots[0]?.fill(tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]));
    return { table, head };
  }

  it("computes with one stored tensor", async () => {
    const before = tf.memory().numTensors;
    const { table, head } = tiedPair();
    expect(tf.memory().numTensors - before).toBe(1);
    expect([head.slots, head.tiedWith, table.tiedWith]).toEqual([[], "wte", "lm_head"]);
    expectClose(await outputs(head), [3, 7, 11], 0);
    const rows = tf.tidy(() => table.forward(tf.tensor2d([[2, 0]], [1, 2], "int32"), base));
    expect(rows.shape).toEqual([1, 2, 2]);
    expect(Array.from(await rows.data())).toEqual([5, 6, 1, 2]);
    rows.dispose();
    head.dispose();
    table.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("parts from the embedding while one of them is replaced", async () => {
    const { table, head } = tiedPair();
    const restore = head.replaceWeight(tf.zeros([2, 3]));
    const rows = table.readWeight();
    expect(Array.from(await rows.data())).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await outputs(head)).toEqual([0, 0, 0]);
    restore();
    expectClose(await outputs(head), [3, 7, 11], 0);
    tf.dispose(rows);
    head.dispose();
    table.dispose();
  });
});
