// What a plan of the next tokens adds to the scores of keys by their places: windows, and slopes.

import { maskedScore, type StepBias } from "@lowrank/engine";
import { type Alibi, alibiBiases } from "./alibi.ts";

const windows = new Map<number, StepBias>();
const slopes = new WeakMap<Alibi, StepBias>();

/** Hides keys before the last `window` of each query, itself included. One object for each window, by which plans are alike. */
export function windowBias(window: number): StepBias {
  const known = windows.get(window);
  if (known !== undefined) return known;
  const bias: StepBias = {
    heads: 1,
    values: ({ past, time }) => {
      const keys = past + time;
      const values = new Float32Array(time * keys);
      for (let query = 0; query < time; query++) {
        const firstSeen = Math.max(0, past + query + 1 - window);
        values.fill(maskedScore, query * keys, query * keys + firstSeen);
      }
      return values;
    },
  };
  windows.set(window, bias);
  return bias;
}

/** Rises with the key's place, in each head differently fast. */
export function slopedBias(alibi: Alibi): StepBias {
  const known = slopes.get(alibi);
  if (known !== undefined) return known;
  const heads = alibi.slopes.length;
  let longest: Float32Array = new Float32Array();
  const bias: StepBias = {
    heads,
    values: ({ past, time }) => {
      const keys = past + time;
      const room = longest.length / heads;
      if (room < keys) longest = alibiBiases(alibi, [...Array(2 * keys).keys()]);
      const made = longest.length / heads; // keys that there is a number for, of each head
      const values = new Float32Array(heads * time * keys);
      for (let row = 0; row < heads * time; row++) {
        const first = Math.floor(row / time) * made;
        values.set(longest.subarray(first, first + keys), row * keys);
      }
      return values;
    },
  };
  slopes.set(alibi, bias);
  return bias;
}
