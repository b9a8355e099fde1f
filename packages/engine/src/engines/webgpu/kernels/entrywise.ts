// Kernels that compute each entry of their outputs by itself: an invocation an entry.

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type * as tf from "@tensorflow/tfjs-core";
import { runShader, type Shader } from "../run-shader.ts";
import { sizeOf } from "./gpu-kernel.ts";

/** An entrywise computation; tensors and numbers have the names that `code` uses. */
export interface Entrywise {
  readonly key: string;
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  /** Outputs; all have one shape. */
  readonly outputs: readonly string[];
  readonly shape: readonly number[];
  readonly numbers?: Readonly<Record<string, number>>;
  readonly types?: Shader["numbers"];
  readonly declarations?: string;
  /** Statements that write entry `i` of each output. */
  readonly code: string;
}

const lanes = 256;

/** Records the dispatch. Returns the outputs in their order. */
export function runEntrywise(backend: WebGPUBackend, entrywise: Entrywise): tf.TensorInfo[] {
  const { key, inputs, outputs, shape, numbers, types, declarations = "", code } = entrywise;
  const size = sizeOf(shape);
  const floats = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, "f32"] as const));
  const shader = {
    ...{ key, lanes, declarations, inputs: floats(Object.keys(inputs)), outputs: floats(outputs) },
    numbers: { size: "u32", ...types },
    code: `let i = group * ${lanes} + lane;
      if (i >= numbers.size) { return; }
      ${code}`,
  } as const;
  const results = runShader(backend, shader, {
    inputs,
    outputs: Object.fromEntries(outputs.map((name) => [name, shape])),
    numbers: { size, ...numbers },
    groups: Math.ceil(size / lanes),
  });
  return outputs.flatMap((name) => results[name] ?? []);
}
