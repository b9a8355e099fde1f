// Writes a computation as an ONNX graph by running it once on the recorder.

import { LowrankError } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import type { OnnxConstant, OnnxGraph, OnnxInput } from "../engines/native/runtime/onnx-model.ts";
import { registerRecorderKernels } from "./kernels.ts";
import { neededParts } from "./needed-parts.ts";
import { Recorder, recorderName, recordingError, typeOf } from "./recorder.ts";
import type { VaryingSize } from "./varying-sizes.ts";

/** An input of a graph: its name, and its shape in the recorded call. Integers are int64 in the graph. */
export interface RecordedInput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: "int32" | "float32";
}

/**
 * The graph of a computation. `compute` runs once, at once, and no value exists then; it declares its inputs with `input` and returns
 * the outputs by name. Other tensors that it uses become constants of the graph; keep them until the promise is settled.
 *
 * @throws NO_ONNX_FORM if the computation reads values, or uses an operation without a rule
 */
export async function recordGraph(
  varying: readonly VaryingSize[],
  compute: (input: (input: RecordedInput) => tf.Tensor) => Readonly<Record<string, tf.Tensor>>,
): Promise<OnnxGraph> {
  const recorder = new Recorder(varying);
  const inputs: OnnxInput[] = [];
  const input = ({ name, shape, dtype }: RecordedInput) => {
    const named = shape.map((size) => varying.find(({ value }) => value === size)?.name ?? size);
    inputs.push({ name, type: dtype === "int32" ? "int64" : dtype, shape: named });
    return tf.engine().makeTensorFromTensorInfo(recorder.inputOf({ name, shape, dtype }));
  };
  const ends = onBackend(recorder, () =>
    Object.entries(compute(input)).map(([name, tensor]) => {
      return { op: "Identity", inputs: [recorder.recordedOf(tensor).name], outputs: [name] };
    }),
  );
  const nodes = [...recorder.graph.finish().nodes, ...ends];
  const constants = [...recorder.constants];
  for (const [name, tensor] of recorder.weights) constants.push(await constantOf(name, tensor));
  return neededParts({ inputs, outputs: ends.flatMap(({ outputs }) => outputs), nodes, constants });
}

async function constantOf(name: string, tensor: tf.Tensor): Promise<OnnxConstant> {
  return { name, type: typeOf(tensor.dtype), shape: tensor.shape, values: await tensor.data<"float32">() };
}

/** Runs `record` with a backend that exists as long as that takes. */
function onBackend<T>(recorder: Recorder, record: () => T): T {
  const before = tf.getBackend();
  registerRecorderKernels();
  tf.registerBackend(recorderName, () => recorder);
  const results: T[] = [];
  try {
    void tf.setBackend(recorderName); // at once: the factory returns no promise
    tf.tidy(() => void results.push(record()));
  } catch (error) {
    if (LowrankError.isInstance(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw recordingError(reason.replace(/\.$/, ""), { cause: error });
  } finally {
    void tf.setBackend(before);
    tf.removeBackend(recorderName);
  }
  return results[0] as T; // a recording ends or throws
}
