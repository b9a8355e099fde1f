import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { registerGradients } from "../../gradients/register-gradients.ts";
import { keepGradients } from "./keep-gradients.ts";

it("puts back a gradient that an import replaced", async () => {
  registerGradients();
  const ours = tf.getGradient("Maximum");
  await keepGradients(async () => tf.registerGradient({ kernelName: "Maximum", gradFunc: () => ({}) }));
  expect(tf.getGradient("Maximum")).toBe(ours);
});
