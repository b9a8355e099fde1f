// What every kernel of the WebGPU backend is written with.

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type * as tf from "@tensorflow/tfjs-core";

/** What a kernel is run with. */
export interface GpuKernelCall {
  readonly inputs: tf.NamedTensorInfoMap;
  readonly attributes: tf.NamedAttrMap;
  readonly backend: WebGPUBackend;
}

/** One of this package's operations, whole. Its inputs are float32 (labels: int32) and not empty. */
export type GpuKernel = (call: GpuKernelCall) => tf.TensorInfo[];

/** Factors of dropout for some entries, as shaders read them. */
export interface DrawnFactors {
  /** The input `bits`, of u32. */
  readonly bits: tf.TensorInfo;
  /** The number `factor`, of f32. */
  readonly factor: number;
  /** `factorOf(i)`: what entry i is multiplied by. */
  readonly text: string;
  /** Tells shaders of different texts apart. */
  readonly key: string;
}

/** An input that must be there. */
export function inputOf({ inputs }: GpuKernelCall, name: string): tf.TensorInfo {
  const input = inputs[name];
  if (input === undefined) throw new Error(`A kernel got no input "${name}".`);
  return input;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, axis) => size * axis, 1);
}

/** x [..., features] as rows. */
export function rowsOf({ shape }: tf.TensorInfo): { rows: number; features: number; columnShape: number[] } {
  const features = shape.at(-1) ?? 1;
  return { rows: sizeOf(shape) / features, features, columnShape: [...shape.slice(0, -1), 1] };
}

/** `sumOfLanes(own)`: the sum of what each lane of a workgroup gives, in all lanes; every lane must call it. */
export function sumOfLanes(lanes = 256): string {
  return `
var<workgroup> laneSums: array<f32, ${lanes}>;
fn sumOfLanes(own: f32, lane: u32) -> f32 {
  laneSums[lane] = own;
  workgroupBarrier();
  for (var half = ${lanes / 2}u; half > 0; half /= 2) {
    if (lane < half) { laneSums[lane] += laneSums[lane + half]; }
    workgroupBarrier();
  }
  let sum = laneSums[0];
  workgroupBarrier(); // the memory serves the next sum
  return sum;
}`;
}
