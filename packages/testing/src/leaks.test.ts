import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import "@tensorflow/tfjs-backend-cpu";
import { expectNoLeak } from "./leaks.ts";

describe("expectNoLeak", () => {
  it("passes work that disposes of its tensors", async () => {
    await expectNoLeak(() => tf.scalar(1).dispose());
  });

  it("reports how many tensors are left over", async () => {
    const kept: tf.Tensor[] = [];
    await expect(expectNoLeak(() => kept.push(tf.scalar(1)))).rejects.toThrow(/^1 tensors are left over/);
    tf.dispose(kept);
  });
});
