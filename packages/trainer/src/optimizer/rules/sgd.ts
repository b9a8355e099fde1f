// Stochastic gradient descent with heavy-ball momentum (Polyak 1964). As in torch its weight decay is part of the gradient,
// not decoupled from it.

import { type OptimizerRule, sizeOf } from "./rule.ts";

export const sgd: OptimizerRule = {
  name: "sgd",
  source: "Polyak 1964; torch.optim.SGD without dampening",
  betas: [0, 0],
  isElementwise: true,
  means: (shape, { momentum }) => (momentum === 0 ? [] : [["first", sizeOf(shape)]]),
  update({ values, gradients, means: { first } }, { learningRate, weightDecay, gradientFactor }, { momentum }) {
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i] as number;
      const slope = (gradients[i] as number) * gradientFactor + weightDecay * value;
      const velocity = first === undefined ? slope : momentum * (first[i] as number) + slope;
      if (first !== undefined) first[i] = velocity;
      values[i] = value - learningRate * velocity;
    }
  },
};
