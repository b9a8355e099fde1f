// How to write a kernel of the native backend: it computes the cases that it is fast at, and passes the rest to the kernel
// of the same name in tfjs-backend-cpu.

import * as tf from "@tensorflow/tfjs-core";
import { inputOf as inputNamed } from "../../../kernels/wrap-kernels.ts";
import { NativeBackend, nativeBackendName } from "../native-backend.ts";
import type { OnnxAttribute, OnnxGraph, OnnxNode } from "../runtime/onnx-model.ts";

/** The arguments of a kernel. */
export interface KernelCall {
  readonly inputs: tf.NamedTensorInfoMap;
  readonly attributes: tf.NamedAttrMap;
  readonly backend: NativeBackend;
}

/**
 * Computes, or returns undefined to leave the call to tfjs-backend-cpu. Shapes that do not fit are left to it too, so that
 * they raise TensorFlow.js's own error before anything native is called.
 */
export type NativeKernel = (call: KernelCall) => tf.TensorInfo | tf.TensorInfo[] | undefined;

/** Registers a kernel. Calls that it leaves go to the one from tfjs-backend-cpu. */
export function registerNativeKernel(kernelName: string, compute: NativeKernel): void {
  const general = tf.getKernel(kernelName, "cpu");
  tf.unregisterKernel(kernelName, nativeBackendName);
  register(kernelName, (call) => {
    const { inputs, attributes: attrs, backend } = call;
    return compute(call) ?? general.kernelFunc({ inputs, attrs, backend });
  });
}

/** Registers a kernel that no other backend has: one of this package's operations, whole. */
export function registerCustomKernel(kernelName: string, compute: (call: KernelCall) => tf.TensorInfo[]): void {
  if (tf.getKernel(kernelName, nativeBackendName) == null) register(kernelName, compute);
}

function register(kernelName: string, compute: (call: KernelCall) => tf.TensorInfo | tf.TensorInfo[]): void {
  tf.registerKernel({
    kernelName,
    backendName: nativeBackendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      if (!(backend instanceof NativeBackend)) throw new Error(`The kernel ${kernelName} was run on another backend.`);
      return compute({ inputs, attributes: attrs ?? {}, backend });
    },
  });
}

/** An input that must be there. */
export function inputOf({ inputs }: KernelCall, name: string): tf.TensorInfo {
  return inputNamed(inputs, name);
}

/** All inputs of a kernel that takes any number of them. */
export function inputsOf({ inputs }: KernelCall): readonly tf.TensorInfo[] {
  return Object.values(inputs).flatMap((input) => (input === undefined ? [] : [input]));
}

/** Whether native graphs can read these: float32, and something in them. */
export function areFloats(...tensors: readonly tf.TensorInfo[]): boolean {
  return tensors.every(({ dtype, shape }) => dtype === "float32" && !shape.includes(0));
}

/** Whether a tensor of this shape can be added to one of shape `target` without making it larger. */
export function broadcastsTo(target: readonly number[], shape: readonly number[]): boolean {
  const offset = target.length - shape.length;
  return offset >= 0 && shape.every((size, axis) => size === 1 || size === target[axis + offset]);
}

/** A graph of one operation with inputs "a", "b", … and output "y". */
export function singleOperation(
  op: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, OnnxAttribute>> = {},
  domain?: string,
): OnnxGraph {
  const node: OnnxNode = { op, inputs, outputs: ["y"], attributes, ...(domain === undefined ? {} : { domain }) };
  return { inputs: inputs.map((name) => ({ name })), outputs: ["y"], nodes: [node] };
}
