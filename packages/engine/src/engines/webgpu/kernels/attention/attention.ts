// Attention and its gradients, of a batch or by groups of rows: one dispatch forward and three backward. Nothing of the size
// [heads, time, time] exists; where weights drop out, there is a bit for each.

import type * as tf from "@tensorflow/tfjs-core";
import { runShader } from "../../run-shader.ts";
import { type GpuKernel, type GpuKernelCall, inputOf, sizeOf } from "../gpu-kernel.ts";
import { keptBits, type Part, partOfBatch, partsOfGroups, workOf } from "./parts.ts";
import { commonShader, forwardShader, keyGradientShader, queryGradientShader } from "./shaders.ts";

type ReadParts = (call: GpuKernelCall) => readonly Part[];

/** query, key, value → output, the logarithms of the queries' sums, and each part's bits of what is kept where weights drop out. */
function forward(readParts: ReadParts, shapeOf: (call: GpuKernelCall, part: Part) => number[]): GpuKernel {
  return (call) => {
    const { backend } = call;
    const parts = readParts(call);
    const [part] = parts;
    if (part === undefined) throw new Error("An attention kernel got no rows.");
    const { heads = 1, valueSize = 1 } = part.numbers;
    const shape = shapeOf(call, part);
    const output = backend.makeTensorInfo(shape, "float32");
    const sums = backend.makeTensorInfo([sizeOf(shape) / valueSize / heads, heads], "float32");
    const bits = parts.flatMap((each) => {
      const kept = keptBits(backend, each);
      runShader(backend, forwardShader(each.variant), {
        inputs: inputsOf(call, each, ["query", "key", "value"], kept === undefined ? {} : { kept }),
        outputs: { output, sums },
        numbers: each.numbers,
        ...workOf(each, "query"),
      });
      return kept ?? [];
    });
    return [output, sums, ...bits];
  };
}

/** dy, the inputs and the outputs of `forward` → the gradients of query, key and value. */
function backward(readParts: ReadParts): GpuKernel {
  return (call) => {
    const { backend } = call;
    const parts = readParts(call);
    const [output, dy, sums] = [inputOf(call, "output"), inputOf(call, "dy"), inputOf(call, "kept0")];
    const { valueSize = 1 } = parts[0]?.numbers ?? {};
    const rowCount = sizeOf(sums.shape);
    const { rows } = runShader(backend, commonShader, {
      inputs: { output, dy, sums },
      outputs: { rows: [rowCount, 2] },
      numbers: { valueSize },
      groups: rowCount,
    });
    const [queryGradient, keyGradient, valueGradient] = ["query", "key", "value"].map((name) =>
      backend.makeTensorInfo(inputOf(call, name).shape, "float32"),
    ) as [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo];
    let seen = 0;
    for (const part of parts) {
      const { variant, numbers } = part;
      const added = variant.drops ? { rows, kept: inputOf(call, `kept${++seen}`) } : { rows };
      const all = ["query", "key", "value", "dy"];
      runShader(backend, queryGradientShader(variant), {
        ...{ inputs: inputsOf(call, part, all, added), outputs: { queryGradient }, numbers },
        ...workOf(part, "query"),
      });
      // A shader has eight storage buffers, on every device.
      const pairs = variant.drops && variant.hasMask ? ([["key"], ["value"]] as const) : ([["key", "value"]] as const);
      for (const of of pairs) {
        const names = of[0] === "key" ? all : ["query", "key", "dy"];
        const gradients: Readonly<Record<string, tf.TensorInfo>> = { keyGradient, valueGradient };
        runShader(backend, keyGradientShader(variant, of), {
          ...{ inputs: inputsOf(call, part, names, added), outputs: gradients, numbers },
          ...workOf(part, "key"),
        });
      }
    }
    backend.disposeData(rows.dataId);
    return [queryGradient, keyGradient, valueGradient];
  };
}

function inputsOf(
  call: GpuKernelCall,
  { mask }: Part,
  names: readonly string[],
  added: Readonly<Record<string, tf.TensorInfo>>,
): Readonly<Record<string, tf.TensorInfo>> {
  const given = Object.fromEntries(names.map((name) => [name, inputOf(call, name)]));
  return { ...given, ...added, ...(mask === undefined ? {} : { mask }) };
}

/** query [batch, heads, queryTime, headSize], key and value [batch, keyHeads, keyTime, …] → [batch, heads, queryTime, valueSize]. */
export const attention = forward(partOfBatch, (call, { numbers }) => [
  ...inputOf(call, "query").shape.slice(0, 3),
  numbers.valueSize ?? 1,
]);
export const attentionGradient = backward(partOfBatch);
/** query, key and value [tokens, …] → [tokens, 1, heads·valueSize]. */
export const groupAttention = forward(partsOfGroups, (call, { numbers: { heads = 1, valueSize = 1 } }) => [
  inputOf(call, "query").shape[0] ?? 1,
  1,
  heads * valueSize,
]);
export const groupAttentionGradient = backward(partsOfGroups);
