import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { onEachBackend } from "../test/compare-with-twin.ts";
import { borrowedValues } from "./borrowed-values.ts";

onEachBackend((engine) => {
  describe("borrowedValues", () => {
    it.runIf(engine === "native")("lends the values, and the memory serves the next tensor of the size", () => {
      const x = tf.add(tf.ones([1001]), 1);
      const borrowed = borrowedValues(x);
      expect([...(borrowed ?? [])]).toEqual(Array.from({ length: 1001 }, () => 2));
      x.dispose();
      const next = tf.mul(tf.ones([1001]), 3);
      expect(borrowed?.[0]).toBe(3);
      next.dispose();
    });

    it("lends nothing that is not float32", () => {
      const x = tf.tensor1d([1], "int32");
      expect(borrowedValues(x)).toBeUndefined();
      x.dispose();
    });
  });
});
