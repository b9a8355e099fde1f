import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { attention, causalMask, combineMasks, normal, paddingMask } from "@lowrank/engine";
import { expectClose } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { attentionByParts } from "./attention-by-parts.ts";

function inputs() {
  const draw = (shape: number[], path: string) => normal(shape, 0, 1, { seed: 1, path });
  const padding = paddingMask(tf.tensor2d([0, 0, 1, 1, 1, 1, 1, 1], [2, 4], "int32"));
  return {
    query: draw([2, 4, 4, 3], "query"),
    key: draw([2, 2, 4, 3], "key"),
    value: draw([2, 2, 4, 3], "value"),
    mask: combineMasks(causalMask(4), padding),
    scale: 0.5,
  };
}

describe("attentionByParts", () => {
  it("is engine's attention where nothing is dropped, also for queries that see nothing", () => {
    tf.tidy(() => {
      const given = inputs();
      const plain = attentionByParts(given, (weights) => weights);
      expectClose(plain.dataSync(), attention(given).dataSync(), 1e-6);
      const blind = tf.slice(plain, [0, 0, 0, 0], [1, 4, 2, 3]); // two positions of padding, which see no key
      expect(Math.max(...blind.dataSync().map(Math.abs))).toBe(0);
    });
  });

  it("drops weights, not outputs", () => {
    tf.tidy(() => {
      const given = inputs();
      const doubled = attentionByParts(given, (weights) => tf.mul(weights, 2));
      expectClose(doubled.dataSync(), tf.mul(attention(given), 2).dataSync(), 1e-5);
    });
  });
});
