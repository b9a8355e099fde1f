// Rotary position embedding (Su et al. 2021), forward and back, in one dispatch: of one tensor, or of queries and keys.

import type * as tf from "@tensorflow/tfjs-core";
import { sizeOf } from "../../../rows.ts";
import { runShader, shaderOnce, typesOf } from "../run-shader.ts";
import { type GpuKernel, type GpuKernelCall, inputOf } from "./gpu-kernel.ts";
import { byName } from "./matrix-products.ts";

/** Pair number, and the place of the pair's other feature, for feature f below 2·pairs. */
const pairing = {
  neighbours: "let pair = f / 2; let isFirst = f % 2 == 0; let other = select(i - 1, i + 1, isFirst);",
  halves: `let isFirst = f < numbers.pairs; let pair = select(f - numbers.pairs, f, isFirst);
    let other = select(i - numbers.pairs, i + numbers.pairs, isFirst);`,
} as const;

/** x [batch, heads, time, headSize], cos and sin [time, pairs] or [batch or 1, 1, time, pairs]; `isBackward` rotates back. */
export const rotary: GpuKernel = (call) => {
  const x = inputOf(call, "x");
  const [, heads = 1, time = 1, headSize = 1] = x.shape;
  const { shape } = inputOf(call, "cos");
  const isByItem = shape.length === 4 && (shape[0] ?? 1) > 1;
  return rotated(call, [x], { time, step0: headSize, item: heads * time * headSize, itemTable: isByItem ? time : 0 });
};

/** query and key [tokens, heads, 1, headSize]; cos and sin [batch or 1, 1, time, pairs] are those of the tokens in turn. */
export const tokenRotary: GpuKernel = (call) => {
  const tensors = [inputOf(call, "query"), inputOf(call, "key")];
  const { shape } = inputOf(call, "cos");
  const [step0 = 1, step1 = 1] = tensors.map(({ shape: [, ...head] }) => sizeOf(head));
  return rotated(call, tensors, { step0, step1, time: sizeOf(shape.slice(0, -1)), item: 1, itemTable: 0 });
};

/** `place`: how an entry's number gives the tables' row. */
function rotated(call: GpuKernelCall, tensors: readonly tf.TensorInfo[], place: Readonly<Record<string, number>>) {
  const [cos, sin] = [inputOf(call, "cos"), inputOf(call, "sin")];
  const kind = call.attributes.interleaved === true ? "neighbours" : "halves";
  const each = <Value>(name: string, of: (x: tf.TensorInfo) => Value) => byName(name, tensors.map(of));
  const sizes = each("size", ({ shape }) => sizeOf(shape));
  const numbers = { ...place, ...sizes, headSize: tensors[0]?.shape[3] ?? 1, pairs: cos.shape.at(-1) ?? 0 };
  const shader = shaderOnce(`rotary ${kind} ${tensors.length}`, () => ({
    inputs: { ...each("x", () => "f32" as const), cos: "f32" as const, sin: "f32" as const },
    outputs: each("y", () => "f32" as const),
    numbers: { ...typesOf(numbers), sign: "f32" as const },
    code: `var i = group * 256 + lane;
      ${tensors.map((_, index) => rotateEntry(index, kind)).join("\n i -= numbers.size0;")}`,
  }));
  const outputs = runShader(call.backend, shader, {
    inputs: { ...each("x", (x) => x), cos, sin },
    outputs: each("y", ({ shape }) => shape),
    numbers: { ...numbers, sign: call.attributes.isBackward === true ? -1 : 1 },
    groups: Math.ceil(Object.values(sizes).reduce((sum, size) => sum + size) / 256),
  });
  return Object.values(outputs);
}

function rotateEntry(index: number, kind: keyof typeof pairing): string {
  const [x, y] = [`x${index}`, `y${index}`];
  return `if (i < numbers.size${index}) {
    let f = i % numbers.headSize;
    if (f >= 2 * numbers.pairs) { ${y}[i] = ${x}[i]; return; }
    ${pairing[kind]}
    let position = i / numbers.item * numbers.itemTable + i / numbers.step${index} % numbers.time;
    let angle = position * numbers.pairs + pair;
    ${y}[i] = ${x}[i] * cos[angle] + select(numbers.sign, -numbers.sign, isFirst) * ${x}[other] * sin[angle];
    return;
  }`;
}
