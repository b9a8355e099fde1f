// The inputs and the context of a pass without padding: each token of [batch, time] is a row of its own. Computations on single
// positions treat the rows like any batch, and attention finds the tokens of a text by the groups.

import { adapterRows, type ForwardContext } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import type { PassInputs } from "../pass-inputs.ts";
import type { Packing } from "./plan-packing.ts";

/** Call it inside a tidy, on an engine whose values are in this process's memory. */
export function packedInputs({ attentionMask: _, ...inputs }: PassInputs, packing: Packing): PassInputs {
  const { inputIds, tokenTypeIds, positions, places } = inputs;
  const time = inputIds?.shape[1] ?? 1;
  const pick = (rows: PassInputs["positions"]) =>
    packing.tokens.map((position) => [
      rows[rows.length === 1 ? 0 : Math.floor(position / time)]?.[position % time] ?? 0,
    ]);
  return {
    ...inputs,
    ...(inputIds === undefined ? {} : { inputIds: tokensOf(inputIds, packing) }),
    ...(tokenTypeIds === undefined ? {} : { tokenTypeIds: tokensOf(tokenTypeIds, packing) }),
    positions: pick(positions),
    ...(places && { places: places.map(pick) }),
    groups: packing.groups,
    ...(packing.shared && { shared: packing.shared }),
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

/** The context of some states of [rows, time]: each has the adapter of its row and its own position. */
export function contextOfStates(context: ForwardContext, states: readonly number[], time: number): ForwardContext {
  const { tokenPositions, adapters } = context;
  const picked = tokenPositions === undefined ? context : { ...context, tokenPositions: tokenPositions.pick(states) };
  if (adapters.kind !== "rows") return picked;
  return { ...picked, adapters: adapterRows(states.map((state) => adapters.rows[Math.floor(state / time)] ?? null)) };
}
