// Recognizes convolutions. A 1×1 convolution is a linear layer over the channels. Any other pads its input first, by TensorFlow's rule
// for the input's size (which may differ between the sides), and then convolves without padding.

import type * as tf from "@tensorflow/tfjs-core";
import { sameMargins, type Window, withMargins } from "../../margins.ts";
import type { GraphNode } from "../reading/graph.ts";
import { fusedWith } from "./activation.ts";
import { type Application, asItIs, type Constants, type Refusal, refusal } from "./application.ts";

/** The convolution that a Conv2D or _FusedConv2D node computes, or why it cannot be adapted. */
export function recognizeConvolution(node: GraphNode, constants: Constants): Application | Refusal | undefined {
  const [input, filter] = node.inputs;
  const constant = constants.find(filter);
  if (constant === undefined || input === undefined) return undefined;
  const { attributes } = node;
  const { name: weight, shape } = constant;
  const [height = 0, width = 0, inFeatures = 0, outFeatures = 0] = shape;
  if (attributes.text("data_format", "NHWC") !== "NHWC") return refusal(node, weight, "its channels come first (NCHW)");
  const { bias, activation, unknown } = fusedWith(node);
  if (unknown !== undefined) return refusal(node, weight, `it is fused with "${unknown}"`);
  const [, strideHeight = 1, strideWidth = 1] = attributes.numbers("strides");
  const [, dilationHeight = 1, dilationWidth = 1] = attributes.numbers("dilations");
  const common = { node: node.name, weight, input, bias, activation, fromSiteOutput: asItIs, toSiteOutput: asItIs };
  const padding = paddingOf(node);
  const isPointwise = height * width * strideHeight * strideWidth === 1 && typeof padding === "string";
  if (isPointwise) {
    return { ...common, shape: { kind: "linear", inFeatures, outFeatures, isTransposed: false }, toSiteInput: asItIs };
  }
  const geometry = {
    kernel: [height, width],
    strides: [strideHeight, strideWidth],
    padding: [0, 0],
    dilations: [dilationHeight, dilationWidth],
    groups: 1,
  } as const;
  const windows: readonly Window[] = [
    { seen: (height - 1) * dilationHeight + 1, stride: strideHeight },
    { seen: (width - 1) * dilationWidth + 1, stride: strideWidth },
  ];
  return {
    ...common,
    shape: { kind: "convolution", inFeatures, outFeatures, geometry },
    toSiteInput: (x) => pad(x, padding, windows),
  };
}

/** Depthwise kernels are refused. */
export function recognizeDepthwise(node: GraphNode, constants: Constants): Refusal | undefined {
  const constant = constants.find(node.inputs[1]);
  if (constant === undefined) return undefined;
  const reason =
    "it is depthwise: each channel has its own small filter without a low rank (train the whole weight with modules_to_save)";
  return refusal(node, constant.name, reason);
}

type Padding = "VALID" | "SAME" | readonly number[];

function paddingOf({ attributes }: GraphNode): Padding {
  const padding = attributes.text("padding", "VALID");
  if (padding === "EXPLICIT") return attributes.numbers("explicit_paddings");
  return padding === "SAME" ? "SAME" : "VALID";
}

function pad(x: tf.Tensor, padding: Padding, windows: readonly Window[]): tf.Tensor {
  if (padding === "VALID") return x;
  const margins = windows.map((window, index): [number, number] => {
    const axis = index + 1;
    if (padding !== "SAME") return [padding[2 * axis] ?? 0, padding[2 * axis + 1] ?? 0];
    return sameMargins(x.shape[axis] ?? 0, window);
  });
  return withMargins(x, margins);
}
