import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { fileURLToPath } from "node:url";
import { activeAdapters, adapterRows, inferenceContext } from "@lowrank/contracts";
import type { Adaptation } from "@lowrank/contracts/internal";
import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { loadModel } from "../loading/load-model.ts";
import { openFolder } from "../node.ts";
import type { PretrainedModel } from "../pretrained-model.ts";
import type { ModelInputs } from "./model-inputs.ts";

let chooser: PretrainedModel;
let tagger: PretrainedModel;
const load = (name: string) => loadModel(openFolder(fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url))));

beforeAll(async () => {
  [chooser, tagger] = [await load("bert-choice"), await load("bert-tokens")];
});
afterAll(() => {
  chooser.dispose();
  tagger.dispose();
});

/** Two questions of three choices of four tokens. */
const ids = [
  [5, 17, 9, 30],
  [5, 17, 9, 8],
  [5, 17, 3, 25],
  [11, 3, 25, 4],
  [11, 3, 7, 12],
  [11, 3, 31, 2],
];
const questions = () => tf.tensor3d(ids.flat(), [2, 3, 4], "int32");

function failure(model: PretrainedModel, inputs: () => ModelInputs): unknown {
  let reason: unknown;
  tf.tidy(() => {
    try {
      model.forward(inputs());
    } catch (error) {
      reason = error;
    }
  });
  return reason;
}

describe("a multiple choice", () => {
  it("scores each choice by itself", () => {
    tf.tidy(() => {
      const together = chooser.forward({ inputIds: questions() });
      expect(together.shape).toEqual([2, 3]);
      const alone = ids.map((row) => chooser.forward({ inputIds: tf.tensor3d(row, [1, 1, 4], "int32") }).dataSync()[0]);
      expectClose(together.dataSync(), alone as number[], 1e-5);
    });
  });

  it("has a loss over the choices of each question, of which one may be left out", () => {
    tf.tidy(() => {
      const inputs = { inputIds: questions(), labels: tf.tensor1d([2, -100], "int32") };
      const scores = chooser.forward(inputs).arraySync() as number[][];
      const [first = []] = scores;
      const expected = Math.log(first.reduce((sum, score) => sum + Math.exp(score), 0)) - (first[2] ?? 0);
      expectClose(chooser.loss(inputs).dataSync(), [expected], 1e-5);
      const labels = tf.tensor1d([3, 0], "int32");
      expect(() => chooser.loss({ ...inputs, labels })).toThrow(/got class 3, expected 0 to 2/);
    });
  });

  it("accepts segments and positions of the same shape, or plain rows", () => {
    tf.tidy(() => {
      const indices = ids.flatMap(() => [3, 2, 1, 0]);
      const segments = tf.ones<tf.Rank.R3>([2, 3, 4], "int32");
      const inputs = { inputIds: questions(), tokenTypeIds: segments };
      const wanted = chooser.forward({ ...inputs, positionIds: tf.tensor3d(indices, [2, 3, 4], "int32") });
      expectClose(chooser.forward({ ...inputs, positionIds: [[3, 2, 1, 0]] }).dataSync(), wanted.dataSync(), 1e-6);
      const plain = chooser.forward({ inputIds: questions() });
      expect(Math.abs((plain.dataSync()[0] ?? 0) - (wanted.dataSync()[0] ?? 0))).toBeGreaterThan(1e-3);
    });
  });

  it("may have an adapter for each choice, named row by row", () => {
    const site = chooser.sites().find(({ path }) => path === "classifier");
    const addOne: Adaptation = { variables: [], apply: ({ output }) => tf.add(output, 1) };
    const detach = site?.attach("a", addOne);
    tf.tidy(() => {
      const inputs = { inputIds: questions() };
      const plain = chooser.forward(inputs).dataSync();
      const context = inferenceContext(adapterRows(["a", null, null, null, "a", null]));
      const expected = plain.map((score, row) => score + (row === 0 || row === 4 ? 1 : 0));
      expectClose(chooser.forward(inputs, context).dataSync(), expected, 1e-5);
    });
    detach?.();
  });

  it("leaves nothing behind, also after a gradient", async () => {
    const norm = chooser.parameters().find(({ path }) => path.endsWith("LayerNorm.weight"));
    if (norm === undefined) throw new Error("the model has no norm");
    await expectNoLeak(() => {
      const [gain, labels] = [norm.read(), tf.tensor1d([1, 0], "int32")];
      const [inputIds, attentionMask] = [questions(), tf.ones<tf.Rank.R3>([2, 3, 4], "int32")];
      const variable = tf.variable(gain);
      const close = norm.override("a", variable);
      const context = { ...inferenceContext(activeAdapters("a")), training: true };
      const { value, grads } = tf.variableGrads(
        () => chooser.loss({ inputIds, attentionMask, labels }, context),
        [variable],
      );
      const [gradient] = Object.values(grads);
      expect(gradient && tf.tidy(() => tf.sum(tf.abs(gradient)).dataSync()[0])).toBeGreaterThan(0);
      close();
      tf.dispose([gain, labels, inputIds, attentionMask, variable, value, ...Object.values(grads)]);
    });
  });

  it("refuses rows without questions, and a mask of another shape", async () => {
    await expectNoLeak(() => {
      const flat = failure(chooser, () => ({ inputIds: tf.tensor2d(ids, undefined, "int32") }));
      expect(flat).toMatchObject({ code: "MODEL_INPUT" });
      expect(String(flat)).toContain("the shape is [6,4], expected [batch, choices, time]");
      const mask = failure(chooser, () => ({
        inputIds: questions(),
        attentionMask: tf.ones<tf.Rank.R2>([6, 4], "int32"),
      }));
      expect(String(mask)).toContain("attentionMask");
      expect(String(mask)).toContain("expected [2,3,4]");
      expect(String(failure(chooser, () => ({})))).toContain("they are missing");
    });
  });

  it("is the only task for questions", () => {
    const reason = failure(tagger, () => ({ inputIds: questions() }));
    expect(String(reason)).toContain("the shape is [2,3,4], expected [batch, time]");
  });
});
