// Splits fused kernels into their parts. Converted graphs have many of them, and tfjs-backend-cpu would compute the whole kernel in
// JavaScript although each part has a native kernel.

import * as tf from "@tensorflow/tfjs-core";
import { areFloats, inputOf, type KernelCall, registerNativeKernel } from "./native-kernel.ts";

export function registerFusedConvolutions(): void {
  registerNativeKernel("FusedConv2D", (call) => inParts(call, "Conv2D"));
  registerNativeKernel("FusedDepthwiseConv2D", (call) => inParts(call, "DepthwiseConv2dNative"));
}

function inParts(call: KernelCall, kernelName: string): tf.TensorInfo | undefined {
  const { attributes, inputs } = call;
  const [x, filter] = [inputOf(call, "x"), inputOf(call, "filter")];
  const { bias } = inputs;
  const isChannelsLast = attributes.dataFormat === "NHWC" || attributes.dataFormat === undefined;
  if (!areFloats(x, filter) || !isChannelsLast || !isActivation(attributes.activation)) return undefined;
  return tf.tidy(() => {
    const product = run(kernelName, { x, filter }, { ...attributes, dataFormat: "NHWC" });
    return activated(call, bias === undefined ? product : run("Add", { a: product, b: bias }));
  });
}

const plainActivations = new Map([
  ["relu", "Relu"],
  ["relu6", "Relu6"],
  ["elu", "Elu"],
  ["sigmoid", "Sigmoid"],
]);

/** Whether `activated` supports a fused kernel's activation. */
export function isActivation(activation: unknown): boolean {
  const name = String(activation ?? "linear");
  return name === "linear" || name === "leakyrelu" || name === "prelu" || plainActivations.has(name);
}

/** The activation of a fused kernel, by its own kernel. Call it inside a tidy. */
export function activated({ attributes, inputs }: KernelCall, x: tf.TensorInfo): tf.Tensor {
  const name = String(attributes.activation ?? "linear");
  const kernelName = plainActivations.get(name);
  if (kernelName !== undefined) return run(kernelName, { x });
  if (name === "leakyrelu") return run("LeakyRelu", { x }, { alpha: Number(attributes.leakyreluAlpha) });
  if (name === "prelu") return run("Prelu", { x, alpha: inputs.preluActivationWeights });
  return run("Identity", { x });
}

/** Kernels return plain descriptions; TensorFlow.js's types expect tensors here. */
export function run(kernelName: string, inputs: tf.NamedTensorInfoMap, attributes: tf.NamedAttrMap = {}): tf.Tensor {
  return tf.engine().runKernel(kernelName, inputs as tf.NamedTensorMap, attributes);
}
