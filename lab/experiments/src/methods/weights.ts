// Methods that train weights of the model itself: all, the classifier alone, or the biases.

import type { ParameterRef } from "@lowrank/contracts/internal";
import type { PretrainedModel } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import type { Method } from "./method.ts";
import { OpenedHookPoints } from "./opened-hook-points.ts";

export const fullFineTuning: Method = {
  name: "full",
  label: "full fine-tuning",
  group: "everything",
  learningRate: 5e-5,
  adapt: (model, seed) => training(model, seed, () => true),
};

export const headOnly: Method = {
  name: "head",
  label: "classifier only",
  group: "part of the weights",
  isForClassifiers: true,
  learningRate: 5e-3,
  adapt: (model, seed) => training(model, seed, () => false),
};

/** Ben Zaken, Ravfogel and Goldberg 2022: every bias, those of the norms among them. */
export const bitFit: Method = {
  name: "bitfit",
  label: "BitFit: all biases",
  group: "part of the weights",
  isForClassifiers: true,
  learningRate: 4e-3,
  adapt: (model, seed) => training(model, seed, ({ path }) => path.endsWith(".bias")),
};

function training(
  model: PretrainedModel,
  seed: number,
  isTrained: (parameter: ParameterRef) => boolean,
): OpenedHookPoints {
  const hookPoints = new OpenedHookPoints(model, seed);
  hookPoints.trainNewHead();
  for (const parameter of model.parameters()) {
    if (hookPoints.variables.has(parameter.path) || !isTrained(parameter)) continue;
    const shared = parameter.tiedWith === undefined ? undefined : hookPoints.variables.get(parameter.tiedWith);
    if (shared === undefined) hookPoints.train(parameter);
    // A table is [rows, width], the head that shares it [width, rows].
    else hookPoints.override(parameter, () => tf.transpose(shared), [shared]);
  }
  return hookPoints;
}
