import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { attention } from "@lowrank/engine";
import { causalMask, combineMasks, normal, paddingMask } from "@lowrank/engine/internal";
import { expectClose } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { attentionByParts } from "./self-attention.ts";

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
  it("equals engine's attention without dropout, also for queries that see nothing", () => {
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

  it("with sinks is attention to one more key, whose value is 0 and whose score is the sink's", () => {
    tf.tidy(() => {
      const { query, key, value, scale } = inputs();
      const sinks = normal([4], 0, 1, { seed: 1, path: "sinks" });
      const beside = attentionByParts({ query, key, value, scale, sinks }, (weights) => weights);
      const nothing = tf.zeros([2, 2, 1, 3]);
      const mask = tf.concat([tf.zeros([1, 4, 4, 4]), tf.tile(tf.reshape(sinks, [1, 4, 1, 1]), [1, 1, 4, 1])], 3);
      const longer = { query, key: tf.concat([key, nothing], 2), value: tf.concat([value, nothing], 2), mask, scale };
      expectClose(beside.dataSync(), attention(longer).dataSync(), 1e-6);
    });
  });

  it("uses only the sink for a query that sees no key, also if a mask hides all keys", () => {
    tf.tidy(() => {
      const { query, key, value } = inputs();
      const sinks = tf.zeros([4]);
      for (const hidden of [-1e9, 1e30]) {
        const mask = tf.fill([1, 1, 4, 4], hidden);
        const blind = attentionByParts({ query, key, value, mask, sinks }, (weights) => weights);
        expect(Math.max(...blind.dataSync().map(Math.abs))).toBe(0);
      }
    });
  });
});
