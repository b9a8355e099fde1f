import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { join } from "node:path";
import { inferenceContext } from "@lowrank/contracts";
import { expectClose, expectNoLeak, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel } from "../loading/load-model.ts";
import { openFolder } from "../node.ts";
import type { PretrainedModel } from "../pretrained-model.ts";

const ids = [
  [5, 6, 7, 8],
  [9, 10, 11, 12],
];
const cases = {
  gpt2: { labels: [ids[0] ?? [], [-100, -100, 11, -100]], shift: 1 },
  "bert-seqcls": { labels: [1, 0], shift: 0 },
} as const;
const models = new Map<string, PretrainedModel>();

beforeAll(async () => {
  for (const name of Object.keys(cases))
    models.set(name, await loadModel(openFolder(join(fixturesRoot, name, "base"))));
});
afterAll(() => {
  for (const model of models.values()) model.dispose();
});

function given(name: keyof typeof cases) {
  const { labels } = cases[name];
  const flat = labels.flat();
  const inputs = {
    inputIds: tf.tensor2d(ids, undefined, "int32"),
    labels: tf.tensor(flat, flat.length === 2 ? [2] : [2, 4], "int32"),
  };
  const model = models.get(name);
  if (model === undefined) throw new Error(`${name} is not loaded`);
  return { model, inputs, flat };
}

describe.each(["gpt2", "bert-seqcls"] as const)("what is measured of %s", (name) => {
  it("is its loss and the likeliest class at each label that counts, from one computation", () =>
    expectNoLeak(() =>
      tf.tidy(() => {
        const { model, inputs, flat } = given(name);
        const { sum, count, answers } = model.measure(inputs);
        const expected = model.lossSum(inputs);
        expect(count).toBe(expected.count);
        expectClose(sum.dataSync(), expected.sum.dataSync(), 1e-5);
        if (answers?.kind !== "classes") throw new Error("these heads choose classes");
        const { shift } = cases[name];
        const best = Array.from(tf.argMax(model.forward(inputs), -1).dataSync());
        const indices = flat.flatMap((label, index) =>
          label === -100 || (shift === 1 && index % 4 === 0) ? [] : [index],
        );
        expect(Array.from(answers.values.dataSync())).toEqual(indices.map((index) => best[index - shift]));
        expect(answers.targets).toEqual(indices.map((index) => flat[index]));
      }),
    ));

  it("is smoothed only in training, not when it is measured", () => {
    tf.tidy(() => {
      const { model, inputs, flat } = given(name);
      const context = { ...inferenceContext(), labelSmoothing: 0.1 };
      const plain = model.loss(inputs).dataSync()[0] ?? 0;
      expectClose(model.loss(inputs, context).dataSync(), [plain], 1e-6);
      const logits = model.forward(inputs);
      const classes = logits.shape.at(-1) ?? 1;
      const { shift } = cases[name];
      const rows = flat.flatMap((label, index) =>
        label === -100 || (shift === 1 && index % 4 === 0) ? [] : [index - shift],
      );
      const losses = tf.gather(tf.reshape(tf.neg(tf.mean(tf.logSoftmax(logits), -1)), [-1]), rows);
      const ofAll = tf.mean(losses).dataSync()[0] ?? 0;
      expectClose(model.loss(inputs, { ...context, training: true }).dataSync(), [0.9 * plain + 0.1 * ofAll], 1e-5);
      expect(classes).toBeGreaterThan(1);
    });
  });
});

describe("noise on embeddings (NEFTune)", () => {
  const context = { ...inferenceContext(), embeddingNoise: 5 };
  const lossOf = (more: object) =>
    tf.tidy(() => {
      const { model, inputs } = given("gpt2");
      return model.loss(inputs, { ...context, ...more }).dataSync()[0] ?? 0;
    });

  it("acts only in training, and is drawn from the key", () => {
    const plain = lossOf({});
    expect(plain).toBeCloseTo(lossOf({ embeddingNoise: 0 }), 6);
    const random = (step: number) => ({ training: true, random: { seed: 1, step, microStep: 0 } });
    expect(lossOf(random(0))).not.toBeCloseTo(plain, 3);
    expect(lossOf(random(0))).toBe(lossOf(random(0)));
    expect(lossOf(random(0))).not.toBe(lossOf(random(1)));
  });
});
