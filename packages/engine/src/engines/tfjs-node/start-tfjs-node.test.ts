import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { isTfjsNodeTested, useEngine } from "../../../test/test-engines.ts";
import { chooseEngine } from "../../choose/choose-engine.ts";
import { gradientTable } from "../../gradients/register-gradients.ts";

describe.skipIf(!isTfjsNodeTested())("tfjs-node", () => {
  beforeAll(() => useEngine("tfjs-node"));

  it("keeps our gradients where TensorFlow.js's own are wrong", async () => {
    for (const gradient of gradientTable) expect(tf.getGradient(gradient.kernelName)).toBe(gradient);
    const x = tf.tensor2d([[1, 5, 3]]);
    const limits = tf.tensor2d([[2], [4]]);
    const gradients = tf.tidy(() =>
      tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.maximum(a, b)))([x, limits] as tf.Tensor[]),
    );
    expectClose((await gradients[0]?.data()) ?? [], [0, 2, 1], 0);
    expectClose((await gradients[1]?.data()) ?? [], [1, 2], 0);
    tf.dispose([x, limits, gradients]);
  });

  it("shares one set of tensors with the program, though it brings its own copy of TensorFlow.js", async () => {
    await expectNoLeak(async () => {
      const product = tf.tidy(() => tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])));
      expect(tf.getBackend()).toBe("tensorflow");
      expectClose(await product.data(), [11], 0);
      product.dispose();
    });
  });

  it("adds nothing to the process's environment", () => {
    expect(Object.keys(process.env).filter((variable) => variable.startsWith("TF_"))).toEqual([]);
  });

  it("is not confused with the one for a GPU", async () => {
    const { LOWRANK_TFJS_NODE } = process.env;
    const { skipped } = await chooseEngine({
      order: ["tfjs-node-gpu", "cpu"],
      environment: { LOWRANK_TFJS_NODE },
    });
    expect(skipped).toEqual([
      {
        name: "tfjs-node-gpu",
        reason: expect.stringContaining("set by LOWRANK_TFJS_NODE"),
        command: expect.any(String),
      },
    ]);
  });

  it("is compared with the native engine by a product, and the loser's reason names both speeds", async () => {
    const { LOWRANK_TFJS_NODE } = process.env;
    const { name, backend, skipped } = await chooseEngine({ environment: { LOWRANK_TFJS_NODE } });
    expect(["native", "tfjs-node"]).toContain(name);
    expect(tf.getBackend()).toBe(backend);
    const other = skipped.find((each) => each.name === (name === "native" ? "tfjs-node" : "native"));
    expect(other?.reason).toMatch(/it runs, but multiplies 512 × 768 × 3072 at \d+ GFLOPS and .* at \d+/);
  });
});
