// What is added to the scores of each row's keys, as the library takes it for all rows together.

import type { StepBias } from "../../../step/step-plan.ts";
import type { NativeTensor } from "../runtime/native-tensor.ts";

/** `lengths`: of each row how many keys lie before its newest `time`. [rows, heads, time, longest + time]; 0 behind a row's end. */
export function placedBias(bias: StepBias, lengths: Int32Array, time: number): NativeTensor {
  const keys = Math.max(...lengths) + time;
  const { heads } = bias;
  const values = new Float32Array(lengths.length * heads * time * keys);
  for (const [row, past] of lengths.entries()) {
    const own = bias.values({ past, time }); // [heads, time, past + time]
    for (let query = 0; query < heads * time; query++)
      values.set(own.subarray(query * (past + time), (query + 1) * (past + time)), (row * heads * time + query) * keys);
  }
  return { values, shape: [lengths.length, heads, time, keys] };
}
