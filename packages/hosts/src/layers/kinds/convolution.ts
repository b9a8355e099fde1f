// Conv1D and Conv2D with channels last. Adapters receive the padded input: TensorFlow's padding "same" may differ between the sides,
// and depends on the input's size.

import type { ConvolutionGeometry } from "@lowrank/contracts/internal";
import * as tf from "@tensorflow/tfjs-core";
import { sameMargins, withMargins } from "../../margins.ts";
import { type ForeignLayer, fieldOf, numbersIn } from "../foreign-layer.ts";
import type { LayerCall, LayerKind } from "../layer-kind.ts";
import { callByOutput } from "./by-output.ts";
import { throughMatrix } from "./dense.ts";
import { genericLayer, plainView } from "./generic-layer.ts";

export const convolution: LayerKind = {
  outlines: (layer, variables) => {
    const kernel = variables.get("kernel")!.read().shape;
    if (!isOurs(layer)) return genericLayer.outlines(layer, variables).filter(({ weight }) => weight === "kernel");
    const geometry = geometryOf(layer, kernel);
    const hwio = [...geometry.kernel, ...kernel.slice(-2)];
    const plain = plainView(hwio);
    return [
      {
        kind: "convolution",
        geometry,
        weight: "kernel",
        inFeatures: kernel.at(-2)!,
        view: {
          ...plain,
          toView: (stored) => tf.reshape(stored, hwio),
          fromView: (view) => tf.reshape(view, kernel),
        },
        bias: variables.has("bias") ? "bias" : undefined,
      },
    ];
  },
  call: (call) => {
    if (!isOurs(call.layer)) return genericLayer.call(call);
    return callByOutput(call, {
      weight: "kernel",
      toSite: ({ sites }, x) => withBorder(asImage(x), sites[0]?.geometry ?? pointwise, paddingOf(call.layer)),
      outputToSite: asImage,
      inputGradient,
    });
  },
  replacesInTraining: true,
};

/** Whether the layer is supported here. Others are adapted by the weight: channels first, and 3D kernels. */
function isOurs(layer: ForeignLayer): boolean {
  // The configuration of Conv1D has no format.
  const format: unknown = "dataFormat" in layer ? layer.dataFormat : undefined;
  return format === "channelsLast" && numbersIn(layer, "kernelSize").length < 3;
}

function paddingOf(layer: ForeignLayer): "same" | "valid" {
  return fieldOf(layer, "padding") === "same" ? "same" : "valid";
}

const pointwise: ConvolutionGeometry = {
  kernel: [1, 1],
  strides: [1, 1],
  padding: [0, 0],
  dilations: [1, 1],
  groups: 1,
};

function geometryOf(layer: ForeignLayer, kernel: readonly number[]): ConvolutionGeometry {
  const isFlat = kernel.length === 3; // Conv1D: its height is 1
  const pair = (field: string): readonly [number, number] => {
    const [first = 1, second = first] = numbersIn(layer, field);
    return isFlat ? [1, first] : [first, second];
  };
  return {
    ...pointwise,
    kernel: isFlat ? [1, kernel[0]!] : [kernel[0]!, kernel[1]!],
    strides: pair("strides"),
    dilations: pair("dilationRate"),
    ...(isFlat ? { axesInFile: 1 as const } : {}),
  };
}

/** [batch, time, channels] as [batch, 1, time, channels]. */
function asImage(x: tf.Tensor): tf.Tensor {
  const [batch = 0, time = 0, channels = 0] = x.shape;
  return x.rank === 3 ? tf.reshape(x, [batch, 1, time, channels]) : x;
}

function withBorder(x: tf.Tensor, geometry: ConvolutionGeometry, padding: "same" | "valid"): tf.Tensor {
  if (padding === "valid") return x;
  const borders = [0, 1].map((axis) => {
    const extent = (geometry.kernel[axis]! - 1) * geometry.dilations[axis]! + 1;
    return sameMargins(x.shape[axis + 1]!, { seen: extent, stride: geometry.strides[axis]! });
  });
  return withMargins(x, borders);
}

function inputGradient(
  { layer, sites }: LayerCall,
  { dy, x, weight }: { readonly dy: tf.Tensor; readonly x: readonly number[]; readonly weight: tf.Tensor },
): tf.Tensor {
  const geometry = sites[0]!.geometry!;
  const { kernel, strides, dilations } = geometry;
  if ([...kernel, ...strides].every((size) => size === 1)) return throughMatrix(dy, x, weight);
  const [batch = 0, ...rest] = x;
  const imageShape = rest.length === 2 ? [batch, 1, ...rest] : [...x];
  const filter = spread(tf.reshape<tf.Rank.R4>(weight, [...kernel, ...weight.shape.slice(-2)] as never), dilations);
  const attributes = { strides: [...strides], pad: paddingOf(layer), dataFormat: "NHWC", inputShape: imageShape };
  const gradient: tf.Tensor = tf.engine().runKernel(tf.Conv2DBackpropInput, { dy: asImage(dy), filter }, attributes);
  return tf.reshape(gradient, [...x]);
}

/** A dilated kernel as a larger one with zeros between its entries, because no engine has the gradient of dilated convolutions. */
function spread(filter: tf.Tensor4D, [down, across]: readonly [number, number]): tf.Tensor4D {
  if (down === 1 && across === 1) return filter;
  const [height, width, inFeatures, outFeatures] = filter.shape;
  const lifted = tf.reshape(filter, [height, 1, width, 1, inFeatures * outFeatures]);
  const padded = tf.pad(lifted, [
    [0, 0],
    [0, down - 1],
    [0, 0],
    [0, across - 1],
    [0, 0],
  ]);
  const long = tf.reshape<tf.Rank.R4>(padded, [height * down, width * across, inFeatures, outFeatures]);
  return tf.slice(long, [0, 0, 0, 0], [(height - 1) * down + 1, (width - 1) * across + 1, inFeatures, outFeatures]);
}
