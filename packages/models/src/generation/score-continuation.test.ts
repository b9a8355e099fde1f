import "@tensorflow/tfjs-backend-cpu";
import { join } from "node:path";
import { expectClose, expectNoLeak, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadModel } from "../loading/load-model.ts";
import { openFolder } from "../node.ts";
import type { PretrainedModel } from "../pretrained-model.ts";
import { scoreContinuation } from "./score-continuation.ts";

let model: PretrainedModel;
beforeAll(async () => {
  model = await loadModel(openFolder(join(fixturesRoot, "llama-gqa", "base")));
});
afterAll(() => model.dispose());

const promptIds = [5, 6, 7];

it.each([1, 2, 16, 17, 20])("scores %i tokens like one pass over the whole text", async (count) => {
  const ids = Array.from({ length: count }, (_, index) => (index * 13 + 3) % 60);
  const scores = await scoreContinuation(model, { promptIds, ids });
  const whole = tf.tidy(() => {
    const inputIds = tf.tensor2d([[...promptIds, ...ids]], undefined, "int32");
    return tf.logSoftmax(tf.squeeze(model.forward({ inputIds }), [0])).arraySync() as number[][];
  });
  const expected = ids.map((id, position) => whole[promptIds.length - 1 + position]?.[id] ?? Number.NaN);
  expectClose([...scores], expected, 1e-5);
});

it("leaves no tensor behind, finished or not", async () => {
  await expectNoLeak(() => scoreContinuation(model, { promptIds, ids: [1, 2, 3] }));
  const signal = AbortSignal.abort(new Error("enough"));
  await expectNoLeak(async () => {
    await expect(scoreContinuation(model, { promptIds, ids: [1, 2, 3] }, undefined, { signal })).rejects.toThrow(
      "enough",
    );
  });
});

it("needs a first token, and no tokens to score", async () => {
  await expect(scoreContinuation(model, { promptIds: [], ids: [1] })).rejects.toThrow("at least one token");
  expect(await scoreContinuation(model, { promptIds, ids: [] })).toEqual([]);
});
