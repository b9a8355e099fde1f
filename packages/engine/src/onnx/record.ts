// Writes a computation as an ONNX graph by running it once on the recorder.

import { LowrankError } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import type { OnnxConstant, OnnxGraph, OnnxInput } from "../engines/native/runtime/onnx-model.ts";
import { registerRecorderKernels } from "./kernels.ts";
import { neededParts } from "./needed-parts.ts";
import { Recorder, RecordingError, recorderName, typeOf } from "./recorder.ts";
import type { VaryingSize } from "./varying-sizes.ts";

/** An input of a graph: its name, and its shape in the recorded call. Integers are int64 in the graph. */
export interface RecordedInput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: "int32" | "float32";
}

/**
 * The graph of a computation. `compute` runs once, while no value exists; it declares its inputs with `input` and returns the
 * outputs by name.
 *
 * @throws RecordingError if the computation reads values, or uses an operation without a rule
 */
export function recordGraph(
  varying: readonly VaryingSize[],
  compute: (input: (input: RecordedInput) => tf.Tensor) => Readonly<Record<string, tf.Tensor>>,
): OnnxGraph {
  const recorder = new Recorder(varying);
  const inputs: OnnxInput[] = [];
  const input = ({ name, shape, dtype }: RecordedInput) => {
    const named = shape.map((size) => varying.find(({ value }) => value === size)?.name ?? size);
    inputs.push({ name, type: dtype === "int32" ? "int64" : dtype, shape: named });
    return tf.engine().makeTensorFromTensorInfo(recorder.inputOf({ name, shape, dtype }));
  };
  return onBackend(recorder, () => {
    const outputs = Object.entries(compute(input));
    const ends = outputs.map(([name, tensor]) => {
      return { op: "Identity", inputs: [recorder.recordedOf(tensor).name], outputs: [name] };
    });
    const weights = [...recorder.weights].map(([name, tensor]): OnnxConstant => {
      return { name, type: typeOf(tensor.dtype), shape: tensor.shape, values: tensor.dataSync<"float32">() };
    });
    const nodes = [...recorder.graph.finish().nodes, ...ends];
    const constants = [...recorder.constants, ...weights];
    return neededParts({ inputs, outputs: outputs.map(([name]) => name), nodes, constants });
  });
}

/** Runs `record` with a backend that exists as long as that takes. Nothing else runs at the same time. */
function onBackend(recorder: Recorder, record: () => OnnxGraph): OnnxGraph {
  const before = tf.getBackend();
  registerRecorderKernels();
  tf.registerBackend(recorderName, () => recorder);
  const graphs: OnnxGraph[] = [];
  try {
    void tf.setBackend(recorderName); // at once: the factory returns no promise
    tf.tidy(() => void graphs.push(record()));
  } catch (error) {
    if (LowrankError.isInstance(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new RecordingError(reason.replace(/\.$/, ""), { cause: error });
  } finally {
    void tf.setBackend(before);
    tf.removeBackend(recorderName);
  }
  return graphs[0] as OnnxGraph; // a recording ends or throws
}
