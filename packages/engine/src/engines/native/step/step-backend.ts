// The part of the backend that the graphs of plans use.

import type * as tf from "@tensorflow/tfjs-core";
import type { BufferPool } from "../buffer-pool.ts";
import type { NativeInt8Weights } from "../int8/native-int8-weights.ts";
import type { NativeTensor } from "../runtime/native-tensor.ts";
import type { OnnxGraph } from "../runtime/onnx-model.ts";
import type { NativeSession, OnnxRuntime } from "../runtime/onnx-runtime.ts";

/** `NativeBackend`, as far as plans know it. */
export interface StepBackend {
  readonly runtime: OnnxRuntime;
  readonly pool: BufferPool;
  readonly int8Weights: NativeInt8Weights;
  session(key: string, build: () => OnnxGraph): NativeSession;
  run(session: NativeSession, inputs: readonly NativeTensor[], outputs: readonly NativeTensor[]): void;
  floats(tensor: tf.TensorInfo): Float32Array;
  output(shape: readonly number[], values: Float32Array): tf.TensorInfo;
}
