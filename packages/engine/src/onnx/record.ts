// Writes a computation as an ONNX graph by running it once on the recorder.

import * as tf from "@tensorflow/tfjs-core";
import type { OnnxConstant, OnnxGraph, OnnxInput, OnnxNode } from "../engines/native/runtime/onnx-model.ts";
import { registerRecorderKernels } from "./kernels.ts";
import { neededParts } from "./needed-parts.ts";
import { Recorder, RecordingError, recorderName, typeOf } from "./recorder.ts";
import type { VaryingSize } from "./varying-sizes.ts";

/** An input of a graph: its name, and its shape as this call has it. */
export interface RecordedInput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: "int32" | "float32";
}

export interface Recording {
  readonly inputs: readonly RecordedInput[];
  readonly varying: readonly VaryingSize[];
  /** Runs once, in a tidy; returns the outputs by name. */
  readonly compute: (inputs: Readonly<Record<string, tf.Tensor>>) => Readonly<Record<string, tf.Tensor>>;
}

/** The graph, whose integer inputs are int64, as exporters of transformers have them. Throws RecordingError. */
export function recordGraph({ inputs, varying, compute }: Recording): OnnxGraph {
  const named = new Map(varying.map(({ name, value }) => [value, name]));
  const onnxInputs: OnnxInput[] = inputs.map(({ name, shape, dtype }) => ({
    name,
    type: dtype === "int32" ? "int64" : "float32",
    shape: shape.map((size) => named.get(size) ?? size),
  }));
  const recorder = new Recorder(onnxInputs, varying);
  const before = tf.getBackend();
  registerRecorderKernels();
  tf.registerBackend(recorderName, () => recorder);
  try {
    void tf.setBackend(recorderName);
    let result: OnnxGraph | undefined;
    tf.tidy(() => {
      const tensors = inputs.map(({ name, shape, dtype }) => {
        const tensor = tf.zeros([...shape], dtype);
        const read = dtype === "int32" ? recorder.node("Cast", [name], shape, dtype, { to: 6 }).name : name;
        shape.forEach((size, axis) => {
          const known = named.get(size);
          if (known !== undefined)
            recorder.setSize(known, recorder.graph.node("Shape", [name], { start: axis, end: axis + 1 }));
        });
        recorder.bind(tensor, read);
        return [name, tensor] as const;
      });
      const outputs = compute(Object.fromEntries(tensors));
      const identities = Object.entries(outputs).map(([name, tensor]): OnnxNode => {
        return { op: "Identity", inputs: [recorder.recordedOf(tensor).name], outputs: [name] };
      });
      const { nodes } = recorder.graph.finish();
      const weights = [...recorder.weights].map(([name, tensor]): OnnxConstant => {
        return {
          name,
          type: typeOf[tensor.dtype] ?? "float32",
          shape: tensor.shape,
          values: tensor.dataSync() as Float32Array,
        };
      });
      result = neededParts({
        inputs: onnxInputs,
        outputs: Object.keys(outputs),
        nodes: [...nodes, ...identities],
        constants: [...recorder.constants, ...weights],
      });
    });
    if (result === undefined) throw new RecordingError("the pass ended without a result");
    return result;
  } finally {
    void tf.setBackend(before);
    tf.removeBackend(recorderName);
  }
}
