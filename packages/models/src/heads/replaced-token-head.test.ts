import "@tensorflow/tfjs-backend-cpu";
import { fileURLToPath } from "node:url";
import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { loadModel } from "../loading/load-model.ts";
import { openFolder } from "../node.ts";
import type { PretrainedModel } from "../pretrained-model.ts";

let model: PretrainedModel;
beforeAll(async () => {
  model = await loadModel(openFolder(fileURLToPath(new URL("../../fixtures/electra-replaced", import.meta.url))));
});
afterAll(() => model.dispose());

const grid = (rows: number[][]) => tf.tensor2d(rows, undefined, "int32");
const ids = [[5, 17, 9, 0]];
const mask = [[1, 1, 1, 0]];

describe("the loss of replaced tokens", () => {
  it("is the mean over tokens that the mask shows and that have a label", () => {
    tf.tidy(() => {
      const inputs = { inputIds: grid(ids), attentionMask: grid(mask), labels: grid([[1, -100, 0, 1]]) };
      const [first = 0, , third = 0] = model.forward(inputs).dataSync();
      const expected = (Math.log(1 + Math.exp(-first)) + Math.log(1 + Math.exp(third))) / 2;
      expectClose(model.loss(inputs).dataSync(), [expected], 1e-5);
      expect(model.lossSum(inputs).count).toBe(2);
    });
  });

  it("refuses labels other than 0 and 1 where they count, and other shapes", () => {
    tf.tidy(() => {
      const inputs = { inputIds: grid(ids), attentionMask: grid(mask) };
      expect(() => model.loss({ ...inputs, labels: grid([[0, 2, 0, 0]]) })).toThrow(/2 is neither 0/);
      expect(() => model.loss({ ...inputs, labels: grid([[0, 1]]) })).toThrow(
        expect.objectContaining({ code: "MODEL_INPUT" }),
      );
      expect(() => model.loss({ ...inputs, labels: grid([[-100, -100, -100, 1]]) })).toThrow(
        expect.objectContaining({ code: "NOTHING_SUPERVISED" }),
      );
    });
  });

  it("leaves nothing behind", async () => {
    await expectNoLeak(() => {
      const inputs = { inputIds: grid(ids), labels: grid([[0, 1, 0, 1]]) };
      tf.dispose([model.loss(inputs), ...Object.values(inputs)]);
    });
  });
});
