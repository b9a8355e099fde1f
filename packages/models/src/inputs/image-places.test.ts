import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { fileURLToPath } from "node:url";
import { type Adaptation, activeAdapters, adapterRows, inferenceContext } from "@lowrank/contracts";
import { expectClose } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel } from "../loading/load-model.ts";
import { openFolder } from "../node.ts";
import type { PretrainedModel } from "../pretrained-model.ts";

let model: PretrainedModel;
const fixture = fileURLToPath(new URL("../../fixtures/idefics3-greedy", import.meta.url));
beforeAll(async () => {
  model = await loadModel(openFolder(fixture));
});
afterAll(() => model.dispose());

const image = [38, 38, 38, 38];
const ids = (rows: readonly (readonly number[])[]) =>
  tf.tensor2d(rows.flat(), [rows.length, rows[0]?.length ?? 0], "int32");
const pictures = (count: number) => tf.randomUniform<tf.Rank.R4>([count, 3, 8, 8], -1, 1, "float32", 7);

describe("the images of a text", () => {
  it("are as many as its image tokens say, four each", () => {
    tf.tidy(() => {
      const inputIds = ids([[5, ...image, 17]]);
      const call = (count: number) => () => model.forward({ inputIds, pixelValues: pictures(count) });
      expect(call(2)).toThrow("2 images need 2 × 4 tokens with the id 38, but inputIds has 4");
      expect(call(1)).not.toThrow();
    });
  });

  it("have the size of the tower", () => {
    tf.tidy(() => {
      const pixelValues = tf.zeros<tf.Rank.R4>([1, 3, 8, 6]);
      expect(() => model.forward({ inputIds: ids([[5, ...image]]), pixelValues })).toThrow("expected [1,3,8,8]");
    });
  });

  it("may be absent: an image token is then a token like any other", () => {
    tf.tidy(() => {
      expect(model.forward({ inputIds: ids([[5, ...image]]) }).shape).toEqual([1, 5, 40]);
    });
  });

  it("have the adapter of their row", () => {
    const site = model.sites().find(({ path }) => path === "model.vision_model.encoder.layers.0.mlp.fc1");
    const addOne: Adaptation = { variables: [], apply: ({ output }) => tf.add(output, 1) };
    const detach = site?.attach("a", addOne);
    tf.tidy(() => {
      const pixelValues = pictures(2);
      const inputs = {
        inputIds: ids([
          [5, ...image, 17],
          [9, ...image, 3],
        ]),
        pixelValues,
      };
      const [plain, adapted] = [null, "a"].map((name) => {
        const context = inferenceContext(name === null ? adapterRows([null, null]) : activeAdapters(name));
        return tf.unstack(model.forward(inputs, context));
      });
      const mixed = tf.unstack(model.forward(inputs, inferenceContext(adapterRows([null, "a"]))));
      expectClose(mixed[0]!.dataSync(), plain![0]!.dataSync(), 1e-5);
      expectClose(mixed[1]!.dataSync(), adapted![1]!.dataSync(), 1e-5);
      expect(tf.max(tf.abs(tf.sub(plain![1]!, adapted![1]!))).dataSync()[0]).toBeGreaterThan(1e-3);
    });
    detach?.();
  });
});
