// conv1 3×3 → gelu → conv2 3×3 stride 2 → gelu → conv3 1×1 → gelu → mean over the image → fc. Images are NCHW.

import { gelu } from "@lowrank/engine";
import { ConvolutionSite } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import { given, linearOf, Net, type Weights, weightOf } from "./net.ts";

export function convNet(weights: Weights): Net {
  const first = convolutionOf(weights, { path: "conv1", stride: 1, padding: 1 });
  const second = convolutionOf(weights, { path: "conv2", stride: 2, padding: 1 });
  const third = convolutionOf(weights, { path: "conv3", stride: 1, padding: 0 });
  const last = linearOf(weights, "fc");
  return new Net([first, second, third, last], weights, ({ pixelValues }, context) => {
    const image = tf.transpose(given(pixelValues, "pixelValues"), [0, 2, 3, 1]); // [batch, height, width, channels]
    const early = gelu(first.forward(image, context), "erf");
    const middle = gelu(second.forward(early, context), "erf");
    const late = gelu(third.forward(middle, context), "erf"); // [batch, newHeight, newWidth, channels]
    return last.forward(tf.mean(late, [1, 2]), context);
  });
}

function convolutionOf(
  weights: Weights,
  options: { readonly path: string; readonly stride: number; readonly padding: number },
): ConvolutionSite {
  const { path, stride, padding } = options;
  const [outFeatures = 0, inFeatures = 0, height = 1, width = 1] = weightOf(weights, `${path}.weight`).shape;
  return new ConvolutionSite({
    path,
    inFeatures,
    outFeatures,
    bias: weights.has(`${path}.bias`),
    geometry: {
      kernel: [height, width],
      strides: [stride, stride],
      padding: [padding, padding],
      dilations: [1, 1],
      groups: 1,
    },
  });
}
