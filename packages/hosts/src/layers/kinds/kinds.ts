// The table of layer classes. Classes without a row, such as custom ones, compute with adapted weights (`genericLayer`).

import { withGradients, withoutTape } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { activationOf, type ForeignLayer, fieldOf, numbersIn, onlyTensor } from "../foreign-layer.ts";
import { type LayerCall, type LayerKind, overrideIn, parameterIn } from "../layer-kind.ts";
import { identityLike, withActivation, withValues } from "../temporary-values.ts";
import { convolution } from "./convolution.ts";
import { dense } from "./dense.ts";
import { callWithAdaptedWeights, genericLayer, matrixView, plainView, temporaryValuesOf } from "./generic-layer.ts";

/** ReLU, also with a maximum. Its gradient is computed from the output, which the next layer saves anyway. */
const rectifier: LayerKind = {
  outlines: () => [],
  call: (call) => {
    const x = onlyTensor(call.inputs);
    const max = ceilingOf(call.layer);
    if (max === undefined) return call.original(x, call.settings);
    return withGradients({
      inputs: { x },
      forward: () => {
        const value = onlyTensor(call.original(x, call.settings));
        return { value, saved: [value] };
      },
      backward: (dy, [y]) => ({
        x: () => tf.tidy(() => tf.mul(dy, tf.cast(isBetween(y, max), "float32"))),
      }),
    });
  },
  replacesInTraining: true,
};

/** The maximum of a ReLU's output; undefined for other layers. */
function ceilingOf(layer: ForeignLayer): number | undefined {
  const max = fieldOf(layer, "maxValue");
  if (layer.getClassName() === "ReLU") return typeof max === "number" ? max : Number.POSITIVE_INFINITY;
  return new Map<unknown, number>([
    ["relu", Number.POSITIVE_INFINITY],
    ["relu6", 6],
  ]).get(fieldOf(layer, "activation"));
}

function isBetween(y: tf.Tensor, max: number): tf.Tensor {
  const isPositive = tf.greater(y, 0);
  return max === Number.POSITIVE_INFINITY ? isPositive : tf.logicalAnd(isPositive, tf.less(y, max));
}

/** Embedding: looks up rows of a table by integers, which have no gradient. */
const embedding: LayerKind = {
  outlines: (_layer, variables) => [
    {
      kind: "embedding",
      isOptIn: true,
      weight: "embeddings",
      view: plainView(variables.get("embeddings")!.read().shape),
    },
  ],
  call: (call) => {
    const { sites, context, inputs, settings } = call;
    const [site] = sites;
    if (overrideIn(call, "embeddings") !== undefined) return callWithAdaptedWeights(call);
    const rows = withoutTape(() => onlyTensor(call.original(inputs, settings)));
    if (!site?.isAdapted(context)) return rows;
    return site.adapt(tf.cast(onlyTensor(inputs), "int32"), rows, context);
  },
  replacesInTraining: true,
};

/** DepthwiseConv2D: a kernel for each channel, too small for A and B of its own. Adapters see a matrix [window, channels]. */
const depthwise: LayerKind = {
  outlines: (_layer, variables) => {
    const shape = variables.get("depthwise_kernel")!.read().shape;
    const [height = 1, width = 1, channels = 1, multiplier = 1] = shape;
    const view = matrixView(shape, [0, 1, 2, 3], [height * width, channels * multiplier]);
    return [{ kind: "linear", weight: "depthwise_kernel", view, isOptIn: true }];
  },
  call: (call) => {
    const { layer, inputs, settings } = call;
    if (temporaryValuesOf(call).length > 0 || fieldOf(layer, "dataFormat") !== "channelsLast")
      return callWithAdaptedWeights(call);
    const x = onlyTensor(inputs);
    const activation = activationOf(layer);
    const output = withGradients({
      inputs: { x },
      forward: () => ({
        value: withActivation(layer, identityLike(activation), () => onlyTensor(call.original(x, settings))),
        saved: [],
      }),
      backward: (dy) => ({
        x: () => {
          const filter = parameterIn(call, "depthwise_kernel")!.variable.read();
          const pad = fieldOf(layer, "padding") === "same" ? "same" : "valid";
          const attributes = {
            strides: [...numbersIn(layer, "strides")],
            pad,
            dilations: [1, 1],
            inputShape: [...x.shape],
          };
          return tf.engine().runKernel(tf.DepthwiseConv2dNativeBackpropInput, { dy, filter }, attributes);
        },
      }),
    });
    return activation?.apply(output) ?? output;
  },
  replacesInTraining: true,
};

/**
 * BatchNormalization is frozen: statistics of batches would change the base model under the adapter. It uses its moving averages in
 * `fit`, too, like Keras' frozen layers. It is then a scale and an offset for each channel, whose gradient needs no saved tensor.
 */
const batchNormalization: LayerKind = {
  outlines: () => [],
  call: (call) => {
    const x = onlyTensor(call.inputs);
    const temporaryValues = temporaryValuesOf(call);
    const compute = () =>
      withValues(temporaryValues, () => onlyTensor(call.original(x, { ...call.settings, training: false })));
    if (temporaryValues.length > 0) return compute();
    return withGradients({
      inputs: { x },
      forward: () => ({ value: compute(), saved: [] }),
      backward: (dy) => ({ x: () => tf.tidy(() => tf.mul(dy, gradientOf(call, x.shape))) }),
    });
  },
  replacesInTraining: true,
};

/** gamma/√(variance + epsilon), one number for each channel, in x's axes. */
function gradientOf(call: LayerCall, x: readonly number[]): tf.Tensor {
  const read = (name: string) => parameterIn(call, name)?.variable.read();
  const [variance, epsilon, axis] = [
    read("moving_variance"),
    fieldOf(call.layer, "epsilon"),
    fieldOf(call.layer, "axis"),
  ];
  if (variance === undefined || typeof epsilon !== "number" || typeof axis !== "number")
    throw new TypeError(`"${call.path}" has no moving variance.`);
  const inverse = tf.rsqrt(tf.add(variance, epsilon));
  const gamma = read("gamma");
  const scale = gamma === undefined ? inverse : tf.mul(gamma, inverse);
  const channelAxis = axis < 0 ? axis + x.length : axis;
  return tf.reshape(
    scale,
    x.map((size, position) => (position === channelAxis ? size : 1)),
  );
}

/** A layer without sites: it computes as usual, and its weights are parameters. */
const withoutSites: LayerKind = { ...genericLayer, outlines: () => [] };

/** The kernel of a transposed convolution is [..., outFeatures, inFeatures]. */
const transposedConvolution: LayerKind = {
  ...genericLayer,
  outlines: (_layer, variables) => {
    const shape = variables.get("kernel")!.read().shape;
    const [outFeatures = 0, inFeatures = 0] = shape.slice(-2);
    const spatial = shape.slice(0, -2);
    const rows = spatial.reduce((product, size) => product * size, inFeatures);
    const order = [...spatial.map((_, axis) => axis), shape.length - 1, shape.length - 2];
    return [{ kind: "linear", weight: "kernel", view: matrixView(shape, order, [rows, outFeatures]) }];
  },
};

/** A depthwise kernel, followed by a 1×1 kernel. */
const separableConvolution: LayerKind = {
  ...genericLayer,
  outlines: (layer, variables) => [
    ...depthwise.outlines(layer, variables),
    ...genericLayer.outlines(layer, new Map([...variables].filter(([name]) => name === "pointwise_kernel"))),
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
  return kinds.get(className) ?? genericLayer;
}
