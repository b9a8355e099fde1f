// All optimizers. To add one, write a rule here or in its own file, and add its name to the table.

import { adafactor } from "./adafactor.ts";
import { type OptimizerRule, sizeOf } from "./rule.ts";

const none = new Float32Array();

/** Stochastic gradient descent with heavy-ball momentum (Polyak 1964). As in torch, weight decay is added to the gradient, not decoupled from it. */
const sgd: OptimizerRule = {
  name: "sgd",
  source: "Polyak 1964; torch.optim.SGD without dampening",
  betas: [0, 0],
  isElementwise: true,
  means: (shape, { momentum }) => (momentum === 0 ? [] : [["first", sizeOf(shape)]]),
  update({ values, gradients, means: { first } }, { learningRate, weightDecay, gradientFactor }, { momentum }) {
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i] as number;
      const gradient = (gradients[i] as number) * gradientFactor + weightDecay * value;
      const velocity = first === undefined ? gradient : momentum * (first[i] as number) + gradient;
      if (first !== undefined) first[i] = velocity;
      values[i] = value - learningRate * velocity;
    }
  },
};

/**
 * Lion (Chen et al. 2023): every number moves by the same amount, in the direction of the sign of a running mean of gradients. It
 * needs half of AdamW's memory, and a learning rate three to ten times smaller.
 */
const lion: OptimizerRule = {
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
    const decayFactor = 1 - learningRate * weightDecay;
    for (let i = 0; i < values.length; i += 1) {
      const gradient = (gradients[i] as number) * gradientFactor;
      const mean = first[i] as number;
      const direction = Math.sign(beta1 * mean + (1 - beta1) * gradient);
      values[i] = (values[i] as number) * decayFactor - learningRate * direction;
      first[i] = beta2 * mean + (1 - beta2) * gradient;
    }
  },
};

/**
 * AdamW (Loshchilov & Hutter 2019) as torch computes it, in one pass: clipping, moments, decay and update together, so that
 * each number is read and written once.
 */
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
    const decayFactor = 1 - learningRate * weightDecay;
    for (let i = 0; i < values.length; i += 1) {
      const gradient = Math.fround((gradients[i] as number) * gradientFactor);
      const mean = Math.fround(beta1 * (first[i] as number) + (1 - beta1) * gradient);
      const square = Math.fround(beta2 * (second[i] as number) + (1 - beta2) * gradient * gradient);
      first[i] = mean;
      second[i] = square;
      values[i] = (values[i] as number) * decayFactor - (rate * mean) / (Math.sqrt(square) * secondScale + epsilon);
    }
  },
};

/** The names of the optimizers. */
export type OptimizerName = "adamw" | "sgd" | "lion" | "adafactor";

/** The optimizers by name. */
export const optimizers: ReadonlyMap<string, OptimizerRule> = new Map(
  [adamw, sgd, lion, adafactor].map((row) => [row.name, row]),
);

export function ruleOf(name: OptimizerName): OptimizerRule {
  return optimizers.get(name) ?? adamw;
}
