// Lion (Chen et al. 2023): every number moves by the same amount, whose direction is the sign of a mean of gradients. It
// remembers half of what AdamW does, and asks for a learning rate three to ten times smaller.

import { type OptimizerRule, sizeOf } from "./rule.ts";

const none = new Float32Array();

export const lion: OptimizerRule = {
  name: "lion",
  source: "Chen et al. 2023; google/automl, lion_pytorch.py",
  betas: [0.9, 0.99],
  isElementwise: true,
  means: (shape) => [["first", sizeOf(shape)]],
  update(
    { values, gradients, means: { first = none } },
    { learningRate, weightDecay, gradientFactor },
    { betas: [beta1, beta2] },
  ) {
    const kept = 1 - learningRate * weightDecay;
    for (let i = 0; i < values.length; i += 1) {
      const slope = (gradients[i] as number) * gradientFactor;
      const mean = first[i] as number;
      const direction = Math.sign(beta1 * mean + (1 - beta1) * slope);
      values[i] = (values[i] as number) * kept - learningRate * direction;
      first[i] = beta2 * mean + (1 - beta2) * slope;
    }
  },
};
