// Kernels that compute each entry of their outputs by itself: an invocation an entry.

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type * as tf from "@tensorflow/tfjs-core";
import { sizeOf } from "../../../rows.ts";
import { runShader, type Shader } from "../run-shader.ts";
import type { DrawnFactors } from "./gpu-kernel.ts";

/** An entrywise computation; tensors and numbers have the names that `code` uses. */
export interface Entrywise {
  readonly key: string;
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  /** Outputs; all have one shape. */
  readonly outputs: readonly string[];
  readonly shape: readonly number[];
  /** Tensors that are overwritten, one for each output. Default: new ones. */
  readonly into?: readonly tf.TensorInfo[];
  readonly numbers?: Readonly<Record<string, number>>;
  readonly types?: Shader["numbers"];
  readonly declarations?: string;
  /** Factors that the code reads. */
  readonly factors?: DrawnFactors | undefined;
  /** Statements that write entry `i` of each output. */
  readonly code: string;
}

const lanes = 256;

/** Records the dispatch. Returns the outputs in their order. */
export function runEntrywise(backend: WebGPUBackend, entrywise: Entrywise): tf.TensorInfo[] {
  const { key, inputs, outputs, shape, into, numbers, types, declarations = "", factors, code } = entrywise;
  const size = sizeOf(shape);
  const floats = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, "f32"] as const));
  const shader: Shader = {
    key,
    lanes,
    outputs: floats(outputs),
    declarations: `${factors?.text ?? ""}${declarations}`,
    inputs: { ...floats(Object.keys(inputs)), ...(factors && { bits: "u32" }) },
    numbers: { size: "u32", factor: "f32", ...types },
    code: `let i = group * ${lanes} + lane;
      if (i >= numbers.size) { return; }
      ${code}`,
  };
  const results: Readonly<Record<string, tf.TensorInfo>> = runShader(backend, shader, {
    inputs: { ...inputs, ...(factors && { bits: factors.bits }) },
    outputs: Object.fromEntries(outputs.map((name, index) => [name, into?.[index] ?? shape])),
    numbers: { size, factor: factors?.factor ?? 1, ...numbers },
    groups: Math.ceil(size / lanes),
  });
  return outputs.flatMap((name) => results[name] ?? []);
}
