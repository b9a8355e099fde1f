// AdamW (Loshchilov & Hutter 2019) as torch computes it, in one pass: clipping, moments, decay and update together, so that
// each number is read and written once.

import { type OptimizerRule, sizeOf } from "./rule.ts";

const none = new Float32Array();

export const adamw: OptimizerRule = {
  name: "adamw",
  source: "Loshchilov & Hutter 2019; torch.optim.AdamW",
  betas: [0.9, 0.999],
  isElementwise: true,
  means: (shape) => [
    ["first", sizeOf(shape)],
    ["second", sizeOf(shape)],
  ],
  update(
    { values, gradients, means: { first = none, second = none } },
    { learningRate, weightDecay, updates, gradientFactor },
    { betas: [beta1, beta2], epsilon },
  ) {
    const rate = learningRate / (1 - beta1 ** updates);
    const secondScale = 1 / Math.sqrt(1 - beta2 ** updates);
    const kept = 1 - learningRate * weightDecay;
    for (let i = 0; i < values.length; i += 1) {
      const slope = Math.fround((gradients[i] as number) * gradientFactor);
      const mean = Math.fround(beta1 * (first[i] as number) + (1 - beta1) * slope);
      const square = Math.fround(beta2 * (second[i] as number) + (1 - beta2) * slope * slope);
      first[i] = mean;
      second[i] = square;
      values[i] = (values[i] as number) * kept - (rate * mean) / (Math.sqrt(square) * secondScale + epsilon);
    }
  },
};
