// From a rectangle of texts to its tokens, each a row of its own: what needs no other position computes with these as with
// any batch, and attention knows by the groups which belong together.

import { adapterRows, type ForwardContext } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import type { PassInputs } from "../pass-inputs.ts";
import type { Packing } from "./plan-packing.ts";

/** Call it inside a tidy, on an engine whose values lie in this process' memory. */
export function packedInputs({ attentionMask: _, ...inputs }: PassInputs, packing: Packing): PassInputs {
  const { inputIds, tokenTypeIds, positions } = inputs;
  const time = inputIds?.shape[1] ?? 1;
  return {
    ...inputs,
    ...(inputIds === undefined ? {} : { inputIds: tokensOf(inputIds, packing) }),
    ...(tokenTypeIds === undefined ? {} : { tokenTypeIds: tokensOf(tokenTypeIds, packing) }),
    positions: packing.tokens.map((position) => {
      const row = positions.length === 1 ? 0 : Math.floor(position / time);
      return [positions[row]?.[position % time] ?? 0];
    }),
    groups: packing.groups,
  };
}

/** int32 [batch, time] → [tokens, 1] */
function tokensOf(grid: tf.Tensor2D, { tokens }: Packing): tf.Tensor2D {
  const values = grid.dataSync();
  return tf.tensor2d(
    Int32Array.from(tokens, (position) => values[position] ?? 0),
    [tokens.length, 1],
    "int32",
  );
}

/** What some states of [rows, time] are computed under: each has the adapter of its row, and its own place. */
export function contextOfStates(context: ForwardContext, states: readonly number[], time: number): ForwardContext {
  const { places, adapters } = context;
  const own = places === undefined ? context : { ...context, places: places.pick(states) };
  if (adapters.kind !== "rows") return own;
  return { ...own, adapters: adapterRows(states.map((state) => adapters.rows[Math.floor(state / time)] ?? null)) };
}
