// Convolutions, pooling and batch normalization.

import * as tf from "@tensorflow/tfjs-core";
import { ArgumentError } from "../errors.ts";
import { numberOf, numbersOf } from "./attributes.ts";
import { gradientOf, unbroadcast } from "./rule.ts";

export const convolutionGradients: readonly tf.GradConfig[] = [
  gradientOf("Conv2D", ["x", "filter"], (dy, [x, filter], attributes) => {
    refuseDilation("conv2d", attributes);
    return {
      x: () => run(tf.Conv2DBackpropInput, { dy, filter }, { ...attributes, inputShape: x.shape }),
      filter: () => run(tf.Conv2DBackpropFilter, { x, dy }, { ...attributes, filterShape: filter.shape }),
    };
  }),
  gradientOf("Conv2DBackpropInput", ["dy", "filter"], (gradient, [dy, filter], attributes) => ({
    dy: () => run(tf.Conv2D, { x: gradient, filter }, { ...attributes, dilations: 1 }),
    filter: () => run(tf.Conv2DBackpropFilter, { x: gradient, dy }, { ...attributes, filterShape: filter.shape }),
  })),
  gradientOf("DepthwiseConv2dNative", ["x", "filter"], (dy, [x, filter], attributes) => {
    refuseDilation("depthwiseConv2d", attributes);
    return {
      x: () => run(tf.DepthwiseConv2dNativeBackpropInput, { dy, filter }, { ...attributes, inputShape: x.shape }),
      filter: () =>
        run(tf.DepthwiseConv2dNativeBackpropFilter, { x, dy }, { ...attributes, filterShape: filter.shape }),
    };
  }),
  gradientOf("MaxPool", ["x", "output"], (dy, [input, output], attributes) => ({
    x: () => run(tf.MaxPoolGrad, { dy, input, output }, attributes),
  })),
  gradientOf("AvgPool", ["x"], (dy, [x], attributes) => ({ x: () => averagePoolGradient(dy, x, attributes) })),
  gradientOf("FusedBatchNorm", ["x", "mean", "variance", "scale"], (dy, saved, attributes) => {
    const [x, mean, variance, scale] = saved;
    const inverse = () => tf.rsqrt(tf.add(variance, numberOf(attributes, "varianceEpsilon")));
    const scaled = () => tf.mul(dy, tf.mul(scale, inverse()));
    return {
      x: () => scaled(),
      mean: () => tf.neg(unbroadcast(scaled(), mean.shape)),
      variance: () => {
        const grad = tf.mul(tf.mul(tf.sub(x, mean), tf.square(inverse())), -0.5);
        return unbroadcast(tf.mul(scaled(), grad), variance.shape);
      },
      scale: () => unbroadcast(tf.mul(dy, tf.mul(tf.sub(x, mean), inverse())), scale.shape),
      offset: () => unbroadcast(dy, mean.shape),
    };
  }),
];

function run(kernelName: string, inputs: tf.NamedTensorMap, attributes: tf.NamedAttrMap): tf.Tensor {
  return tf.engine().runKernel(kernelName, inputs, attributes);
}

/** No tfjs backend has the kernels for dilated convolutions' gradients. */
function refuseDilation(where: string, attributes: tf.NamedAttrMap): void {
  const dilations = numbersOf({ dilations: 1, ...attributes }, "dilations");
  if (dilations.some((dilation) => dilation !== 1))
    throw new ArgumentError(`The gradient of ${where}`, "dilations", dilations, "a dilation of 1");
}

/**
 * Gives each input entry its share of each window's gradient. With padding "same" a window at the border averages fewer
 * entries; tfjs's own kernel on the cpu backend divides by the whole window there.
 */
function averagePoolGradient(dy: tf.Tensor, x: tf.Tensor, attributes: tf.NamedAttrMap): tf.Tensor {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const [filterHeight = 1, filterWidth = filterHeight] = numbersOf(attributes, "filterSize");
  const geometry = { ...attributes, dilations: 1, dataFormat: "NHWC" };
  const window = tf.ones<tf.Rank.R4>([filterHeight, filterWidth, 1, 1]);
  const counts = run(tf.DepthwiseConv2dNative, { x: tf.ones([1, height, width, 1]), filter: window }, geometry);
  const shares = channelsToBatch(tf.div(dy, counts));
  const spread = run(
    tf.Conv2DBackpropInput,
    { dy: shares, filter: window },
    { ...geometry, inputShape: [batch * channels, height, width, 1] },
  );
  return tf.transpose(tf.reshape(spread, [batch, channels, height, width]), [0, 2, 3, 1]);
}

/** [batch, height, width, channels] as [batch·channels, height, width, 1]. */
function channelsToBatch(x: tf.Tensor): tf.Tensor {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  return tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [batch * channels, height, width, 1]);
}
