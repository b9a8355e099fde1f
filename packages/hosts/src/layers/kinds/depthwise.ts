// DepthwiseConv2D: a kernel for each channel, too small for a pair beside it. Adapters see it as a matrix of windows by channels.

import { withGradients } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { activationOf, fieldOf, numbersIn, onlyTensor } from "../foreign-layer.ts";
import { type LayerKind, parameterIn } from "../layer-kind.ts";
import { noneLike, withActivation } from "../stand-ins.ts";
import { callByWeight, matrixView, readingsOf } from "./by-weight.ts";

export const depthwise: LayerKind = {
  outlines: (_layer, variables) => {
    const shape = variables.get("depthwise_kernel")!.read().shape;
    const [height = 1, width = 1, channels = 1, multiplier = 1] = shape;
    const view = matrixView(shape, [0, 1, 2, 3], [height * width, channels * multiplier]);
    return [{ kind: "linear", weight: "depthwise_kernel", view, isMinor: true }];
  },
  call: (call) => {
    const { layer, inputs, settings } = call;
    if (readingsOf(call).length > 0 || fieldOf(layer, "dataFormat") !== "channelsLast") return callByWeight(call);
    const x = onlyTensor(inputs);
    const activation = activationOf(layer);
    const output = withGradients({
      inputs: { x },
      forward: () => ({
        value: withActivation(layer, noneLike(activation), () => onlyTensor(call.original(x, settings))),
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
  isFrozenByUs: true,
};
