// Types and shader functions that all kernels of the WebGPU backend share.

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type * as tf from "@tensorflow/tfjs-core";
import { inputOf as inputNamed } from "../../../kernels/wrap-kernels.ts";
import { sizeOf } from "../../../rows.ts";

/** The arguments of a kernel. */
export interface GpuKernelCall {
  readonly inputs: tf.NamedTensorInfoMap;
  readonly attributes: tf.NamedAttrMap;
  readonly backend: WebGPUBackend;
}

/** A kernel that computes one operation of this package. Its inputs are float32 (labels: int32) and not empty. */
export type GpuKernel = (call: GpuKernelCall) => tf.TensorInfo[];

/** Factors of dropout for some entries, as shaders read them. */
export interface DrawnFactors {
  /** The input `bits`, of u32. */
  readonly bits: tf.TensorInfo;
  /** The number `factor`, of f32. */
  readonly factor: number;
  /** WGSL of `factorOf(i)`, the factor of entry i. */
  readonly text: string;
  /** Differs between shaders with different texts. */
  readonly key: string;
}

/** An input that must be there. */
export function inputOf({ inputs }: GpuKernelCall, name: string): tf.TensorInfo {
  return inputNamed(inputs, name);
}

/** The sizes of x [..., features] as rows, and the shape of one number for each row: [..., 1]. */
export function rowsOf({ shape }: tf.TensorInfo): { rows: number; features: number; columnShape: number[] } {
  const features = shape.at(-1) ?? 1;
  return { rows: sizeOf(shape) / features, features, columnShape: [...shape.slice(0, -1), 1] };
}

/** WGSL of `sumOfLanes(value, lane)`: sums `value` over the lanes of a workgroup. All lanes must call it and get the sum. */
export function sumOfLanes(lanes = 256): string {
  return reductionOfLanes("sumOfLanes", lanes, (one, other) => `${one} + ${other}`);
}

/** `maximumOfLanes(value, lane)`, likewise. */
export function maximumOfLanes(lanes = 256): string {
  return reductionOfLanes("maximumOfLanes", lanes, (one, other) => `max(${one}, ${other})`);
}

function reductionOfLanes(name: string, lanes: number, join: (one: string, other: string) => string): string {
  const memory = `${name}Memory`;
  return `
var<workgroup> ${memory}: array<f32, ${lanes}>;
fn ${name}(value: f32, lane: u32) -> f32 {
  ${memory}[lane] = value;
  workgroupBarrier();
  for (var half = ${lanes / 2}u; half > 0; half /= 2) {
    if (lane < half) { ${memory}[lane] = ${join(`${memory}[lane]`, `${memory}[lane + half]`)}; }
    workgroupBarrier();
  }
  let result = ${memory}[0];
  workgroupBarrier(); // the memory serves the next call
  return result;
}`;
}
