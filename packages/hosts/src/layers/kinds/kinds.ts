// The table of classes. A class without a row is adapted by the weight, and so is one's own.

import type { LayerKind } from "../layer-kind.ts";
import { batchNormalization } from "./batch-normalization.ts";
import { byWeight, matrixView } from "./by-weight.ts";
import { convolution } from "./convolution.ts";
import { dense } from "./dense.ts";
import { depthwise } from "./depthwise.ts";
import { embedding } from "./embedding.ts";
import { rectifier } from "./rectifier.ts";

/** Computes as it does by itself; its weights are parameters, and no pair has a place there. */
const withoutSites: LayerKind = { ...byWeight, outlines: () => [] };

/** Its kernel has the outputs before the inputs: [..., outFeatures, inFeatures]. */
const transposedConvolution: LayerKind = {
  ...byWeight,
  outlines: (_layer, variables) => {
    const shape = variables.get("kernel")!.read().shape;
    const [outFeatures = 0, inFeatures = 0] = shape.slice(-2);
    const spatial = shape.slice(0, -2);
    const rows = spatial.reduce((product, size) => product * size, inFeatures);
    const order = [...spatial.map((_, axis) => axis), shape.length - 1, shape.length - 2];
    return [{ kind: "linear", weight: "kernel", view: matrixView(shape, order, [rows, outFeatures]) }];
  },
};

/** A depthwise kernel and one of single pixels behind it. */
const separableConvolution: LayerKind = {
  ...byWeight,
  outlines: (layer, variables) => [
    ...depthwise.outlines(layer, variables),
    ...byWeight.outlines(layer, new Map([...variables].filter(([name]) => name === "pointwise_kernel"))),
  ],
};

const kinds: ReadonlyMap<string, LayerKind> = new Map([
  ["Dense", dense],
  ["Conv1D", convolution],
  ["Conv2D", convolution],
  ["Conv2DTranspose", transposedConvolution],
  ["Conv3DTranspose", transposedConvolution],
  ["DepthwiseConv2D", depthwise],
  ["SeparableConv2D", separableConvolution],
  ["Embedding", embedding],
  ["BatchNormalization", batchNormalization],
  ["LayerNormalization", withoutSites],
  ["PReLU", withoutSites],
  ["ReLU", rectifier],
  ["Activation", rectifier],
]);

export function kindOf(className: string): LayerKind {
  return kinds.get(className) ?? byWeight;
}
