import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { join } from "node:path";
import { expectNoLeak, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { loadModel } from "./index.ts";
import { type IntegerBatch, meanLoss } from "./internal.ts";
import { openFolder } from "./node.ts";

/** Rows of four tokens, of which the first `unsupervised` are not counted. */
function batchOf(rows: readonly (readonly number[])[], unsupervised: number): IntegerBatch {
  const inputIds = Int32Array.from(rows.flat());
  const labels = Int32Array.from(rows.flatMap((row) => row.map((id, index) => (index < unsupervised ? -100 : id))));
  const attentionMask = inputIds.map(() => 1);
  return { rows: rows.length, time: 4, inputIds, attentionMask, labels, labelShape: [rows.length, 4] };
}

const rows = [
  [5, 6, 7, 8],
  [9, 4, 3, 2],
  [11, 12, 13, 14],
];

describe("meanLoss", () => {
  it("is the loss of one large batch, however the rows are divided", async () => {
    const model = await loadModel(openFolder(join(fixturesRoot, "gpt2", "base")));
    const together = await meanLoss(model, [batchOf(rows, 1)]);
    const apart = await meanLoss(model, [batchOf(rows.slice(0, 2), 1), batchOf(rows.slice(2), 1)]);
    expect(apart).toBeCloseTo(together, 5);
    model.dispose();
  });

  it("counts each batch by its labels, and leaves no tensor", async () => {
    const model = await loadModel(openFolder(join(fixturesRoot, "gpt2", "base")));
    const [many, few] = [batchOf(rows, 1), batchOf(rows.slice(0, 1), 3)]; // 9 labels and 1
    const wanted = (9 * (await meanLoss(model, [many])) + (await meanLoss(model, [few]))) / 10;
    expect(await meanLoss(model, [many, few])).toBeCloseTo(wanted, 5);
    await expectNoLeak(() => meanLoss(model, [many, few]));
    model.dispose();
  });

  it("lets timers run on an engine that never waits, and stops between batches on request", async () => {
    const model = await loadModel(openFolder(join(fixturesRoot, "gpt2", "base")));
    const controller = new AbortController();
    const reason = new Error("enough");
    setTimeout(() => controller.abort(reason), 0);
    let count = 0;
    let now = 0;
    const clock = () => {
      now += 30;
      return now;
    };
    function* endless(): Generator<IntegerBatch> {
      for (; count < 1000; count += 1) yield batchOf(rows, 1);
    }
    const before = tf.memory().numTensors;
    const loss = meanLoss(model, endless(), undefined, { signal: controller.signal, clock });
    await expect(loss).rejects.toBe(reason);
    expect(count).toBeLessThan(100);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});
