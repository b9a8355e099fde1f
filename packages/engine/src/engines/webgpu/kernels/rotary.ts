// Rotary position embedding (Su et al. 2021), forward and back, in one dispatch.

import { runEntrywise } from "./entrywise.ts";
import { type GpuKernel, inputOf } from "./gpu-kernel.ts";

/** Pair number, and the place of the pair's other feature, for feature f below 2·pairs. */
const pairing = {
  neighbours: "let pair = f / 2; let isFirst = f % 2 == 0; let other = select(i - 1, i + 1, isFirst);",
  halves: `let isFirst = f < numbers.pairs; let pair = select(f - numbers.pairs, f, isFirst);
    let other = select(i - numbers.pairs, i + numbers.pairs, isFirst);`,
} as const;

/** x [batch, heads, time, headSize], cos and sin [time, pairs] or [batch or 1, 1, time, pairs]; `isBackward` rotates back. */
export const rotary: GpuKernel = (call) => {
  const [x, cos, sin] = [inputOf(call, "x"), inputOf(call, "cos"), inputOf(call, "sin")];
  const [, heads = 1, time = 1, headSize = 1] = x.shape;
  const kind = call.attributes.interleaved === true ? "neighbours" : "halves";
  const isByItem = cos.shape.length === 4 && (cos.shape[0] ?? 1) > 1;
  return runEntrywise(call.backend, {
    key: `rotary ${kind}`,
    inputs: { x, cos, sin },
    outputs: ["y"],
    shape: x.shape,
    types: { headSize: "u32", time: "u32", pairs: "u32", item: "u32", itemTable: "u32", sign: "f32" },
    numbers: {
      ...{ headSize, time, pairs: cos.shape.at(-1) ?? 0 },
      ...{ item: heads * time * headSize, itemTable: isByItem ? time : 0 },
      sign: call.attributes.isBackward === true ? -1 : 1,
    },
    code: `let f = i % numbers.headSize;
      if (f >= 2 * numbers.pairs) { y[i] = x[i]; return; }
      ${pairing[kind]}
      let position = i / numbers.item * numbers.itemTable + i / numbers.headSize % numbers.time;
      let angle = position * numbers.pairs + pair;
      y[i] = x[i] * cos[angle] + select(numbers.sign, -numbers.sign, isFirst) * x[other] * sin[angle];`,
  });
};
