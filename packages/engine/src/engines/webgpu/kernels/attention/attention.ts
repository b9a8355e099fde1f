// Attention and its gradients, of a batch or by groups of rows: one dispatch forward and two backward. Nothing of the size
// [heads, time, time] exists but, where weights drop out, a bit for each.

import type * as tf from "@tensorflow/tfjs-core";
import { sizeOf } from "../../../../rows.ts";
import { runShader } from "../../run-shader.ts";
import { type GpuKernel, type GpuKernelCall, inputOf } from "../gpu-kernel.ts";
import { drawnFor, type Part, partOfBatch, partsOfGroups, workOf } from "./parts.ts";
import { commonShader, forwardShader, keyGradientShader, queryGradientShader } from "./shaders.ts";

type ReadParts = (call: GpuKernelCall) => readonly Part[];

/** query, key, value → output, and for each query its largest score, its sum of exponentials, and room for the gradient. */
function forward(readParts: ReadParts, shapeOf: (call: GpuKernelCall, sizes: Part["numbers"]) => number[]): GpuKernel {
  return (call) => {
    const { backend } = call;
    const parts = readParts(call);
    const sizes = parts[0]?.numbers ?? {};
    const shape = shapeOf(call, sizes);
    const { heads = 1, valueSize = 1 } = sizes;
    const output = backend.makeTensorInfo(shape, "float32");
    const rows = backend.makeTensorInfo([sizeOf(shape) / valueSize / heads, heads, 3], "float32");
    for (const part of parts) {
      const { variant, numbers, inputs, free } = drawn(call, part);
      runShader(backend, forwardShader(variant), {
        inputs: { ...inputs, ...named(call, "query", "key", "value") },
        outputs: { output, rows },
        numbers,
        ...workOf(part, "query"),
      });
      free();
    }
    return [output, rows];
  };
}

/** dy, the inputs, and what `forward` gave, of which the room is written → the gradients of query, key and value. */
function backward(readParts: ReadParts): GpuKernel {
  return (call) => {
    const { backend } = call;
    const parts = readParts(call);
    const rows = inputOf(call, "kept0");
    const like = (name: string) => backend.makeTensorInfo(inputOf(call, name).shape, "float32");
    const gradients = { queryGradient: like("query"), keyGradient: like("key"), valueGradient: like("value") };
    const all = named(call, "query", "key", "value", "dy");
    for (const part of parts) {
      const { variant, numbers, inputs, free } = drawn(call, part);
      const given = { ...inputs, ...all, rows };
      // A shader has eight storage buffers on any device, of which a mask and the bits of dropout take two.
      const isCrowded = variant.hasMask && variant.factors !== undefined;
      if (isCrowded)
        runShader(backend, commonShader, {
          inputs: named(call, "output", "dy"),
          outputs: { rows },
          numbers: { valueSize: part.numbers.valueSize ?? 1 },
          groups: sizeOf(rows.shape) / 3,
        });
      runShader(backend, queryGradientShader(variant, !isCrowded), {
        inputs: { ...given, ...named(call, "output") },
        outputs: { ...gradients, rows },
        numbers,
        ...workOf(part, "query"),
      });
      for (const of of isCrowded ? ([["key"], ["value"]] as const) : ([["key", "value"]] as const))
        runShader(backend, keyGradientShader(variant, of), {
          inputs: given,
          outputs: gradients,
          numbers,
          ...workOf(part, "key"),
        });
      free();
    }
    return Object.values(gradients);
  };
}

function named(call: GpuKernelCall, ...names: readonly string[]): Readonly<Record<string, tf.TensorInfo>> {
  return Object.fromEntries(names.map((name) => [name, inputOf(call, name)]));
}

/** What shaders of a part take in addition to the call's inputs: its mask, and its draw, which `free` frees. */
function drawn({ backend }: GpuKernelCall, part: Part) {
  const factors = drawnFor(backend, part);
  const { mask } = part;
  return {
    variant: { ...part.variant, factors },
    numbers: { ...part.numbers, factor: factors?.factor ?? 1 },
    inputs: { ...(mask && { mask }), ...(factors && { bits: factors.bits }) },
    free: () => {
      if (factors !== undefined) backend.disposeData(factors.bits.dataId);
    },
  };
}

/** query [batch, heads, queryTime, headSize], key and value [batch, keyHeads, keyTime, …] → [batch, heads, queryTime, valueSize]. */
export const attention = forward(partOfBatch, (call, { valueSize = 1 }) => [
  ...inputOf(call, "query").shape.slice(0, 3),
  valueSize,
]);
export const attentionGradient = backward(partOfBatch);
/** query, key and value [tokens, …] → [tokens, 1, heads·valueSize]. */
export const groupAttention = forward(partsOfGroups, (call, { heads = 1, valueSize = 1 }) => [
  inputOf(call, "query").shape[0] ?? 1,
  1,
  heads * valueSize,
]);
export const groupAttentionGradient = backward(partsOfGroups);
