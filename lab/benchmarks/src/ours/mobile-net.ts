// MobileNet v2 (Sandler et al. 2018) in tf.layers, with random weights: what a page has that sorts images.

import * as tf from "@tensorflow/tfjs-core";
import { input, type LayersModel, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";

/** A row of the paper's table 2: expansion, channels, repeats, stride. */
export type Bottleneck = readonly [expansion: number, channels: number, repeats: number, stride: number];

export interface MobileNetShape {
  /** Height and width of an image. */
  readonly pixels: number;
  readonly stem: number;
  readonly bottlenecks: readonly Bottleneck[];
  readonly last: number;
  readonly classes: number;
}

export function mobileNet({ pixels, stem, bottlenecks, last, classes }: MobileNetShape): LayersModel {
  const image = input({ shape: [pixels, pixels, 3] });
  let x = rectified(normed(convolution(stem, 3, 2).apply(image)));
  let channels = stem;
  for (const [expansion, outFeatures, repeats, stride] of bottlenecks) {
    for (let repeat = 0; repeat < repeats; repeat++) {
      const step = repeat === 0 ? stride : 1;
      const y = bottleneck(x, { width: channels * expansion, isWidened: expansion > 1, outFeatures, step });
      x = step === 1 && channels === outFeatures ? one(layers.add().apply([x, y])) : y;
      channels = outFeatures;
    }
  }
  x = rectified(normed(convolution(last, 1, 1).apply(x)));
  const pooled = layers.globalAveragePooling2d({}).apply(x);
  const scores = layers.dense({ units: classes, activation: "softmax", name: "scores" }).apply(pooled);
  return model({ inputs: image, outputs: one(scores), name: "mobile_net" });
}

interface BottleneckSizes {
  readonly width: number;
  readonly isWidened: boolean;
  readonly outFeatures: number;
  readonly step: number;
}

function bottleneck(x: SymbolicTensor, { width, isWidened, outFeatures, step }: BottleneckSizes): SymbolicTensor {
  const wide = isWidened ? rectified(normed(convolution(width, 1, 1).apply(x))) : x;
  const window = layers.depthwiseConv2d({ kernelSize: 3, strides: step, padding: "same", useBias: false });
  return normed(convolution(outFeatures, 1, 1).apply(rectified(normed(window.apply(wide)))));
}

type Applied = ReturnType<ReturnType<typeof layers.dense>["apply"]>;

function convolution(filters: number, kernelSize: number, strides: number) {
  return layers.conv2d({ filters, kernelSize, strides, padding: "same", useBias: false });
}

function normed(x: Applied): SymbolicTensor {
  return one(layers.batchNormalization().apply(one(x)));
}

function rectified(x: Applied): SymbolicTensor {
  return one(layers.reLU({ maxValue: 6 }).apply(one(x)));
}

/** A layer that is given a description of its input returns a description of its output. */
function one(x: Applied): SymbolicTensor {
  if (Array.isArray(x) || x instanceof tf.Tensor) throw new TypeError("A layer of one output was asked for another.");
  return x;
}
