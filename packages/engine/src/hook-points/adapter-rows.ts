// Batches in which each row has its own adapter: which rows go together, and how to put them back in order.

import { activeAdapters, type ForwardContext, noAdapters } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import { rowCountError } from "./errors.ts";

/** Rows of a batch that compute with the same adapter; null for the base. */
export interface RowGroup {
  readonly name: string | null;
  readonly rows: readonly number[];
}

/** Row numbers by adapter; rows whose adapter is not among the `attached` ones go with the base. */
export function groupRows(rows: readonly (string | null)[], attached: readonly string[]): readonly RowGroup[] {
  const groups = new Map<string | null, number[]>();
  rows.forEach((name, row) => {
    const key = name !== null && attached.includes(name) ? name : null;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  });
  return [...groups].map(([name, rows]) => ({ name, rows }));
}

/** Restores the batch's order after the groups were computed separately. Call it inside a tidy. */
export function concatRows(groups: readonly RowGroup[], parts: readonly tf.Tensor[]): tf.Tensor {
  const order = groups.flatMap(({ rows }) => rows);
  const back = order.map((_, row) => order.indexOf(row));
  return tf.gather(tf.concat([...parts], 0), tf.tensor1d(back, "int32"));
}

/** The context of some rows of a batch alone. */
export function contextOfRows(context: ForwardContext, rows: readonly number[], batch: number): ForwardContext {
  const { tokenPositions } = context;
  if (tokenPositions === undefined) return context;
  const time = tokenPositions.count / batch;
  const states = rows.flatMap((row) => Array.from({ length: time }, (_, column) => row * time + column));
  return { ...context, tokenPositions: tokenPositions.pick(states) };
}

/** One computation in which rows may need different weights. */
export interface RowsCall {
  /** Axis 0 is the batch. */
  readonly x: tf.Tensor;
  readonly context: ForwardContext;
  /** The module's path, for messages. */
  readonly path: string;
  /** The weights that an adapter may override; `isAdapted`: an adapter acts on them in this call. */
  readonly hookPoints: readonly { isAdapted(context: ForwardContext): boolean }[];
}

/**
 * Computes with the whole batch. If the call selects adapters by row and one of them overrides a weight here, it computes with the
 * rows of each adapter separately; `compute` then sees that adapter selected for all of them. Throws ROW_COUNT_MISMATCH.
 */
export function computeByRows(
  { x, context, path, hookPoints }: RowsCall,
  compute: (rows: tf.Tensor, context: ForwardContext) => tf.Tensor,
): tf.Tensor {
  const { adapters } = context;
  if (adapters.kind !== "rows" || !hookPoints.some((hookPoint) => hookPoint.isAdapted(context)))
    return compute(x, context);
  const batch = x.shape[0] ?? 0;
  if (adapters.rows.length !== batch) throw rowCountError(path, adapters.rows.length, batch);
  return tf.tidy(() => {
    const named = adapters.rows.filter((name) => name !== null);
    const groups = groupRows(adapters.rows, named);
    const parts = groups.map(({ name, rows }) => {
      const rowContext = contextOfRows(context, rows, batch);
      const alone = { ...rowContext, adapters: name === null ? noAdapters : activeAdapters(name) };
      return compute(tf.gather(x, tf.tensor1d([...rows], "int32")), alone);
    });
    return concatRows(groups, parts);
  });
}
