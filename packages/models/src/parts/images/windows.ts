// The windows within which Swin attends (Liu et al. 2021, section 3.2): which state is in which window, which states see
// each other after windows were shifted over the image's border, and a learned bias for each distance.

import type { ForwardContext } from "@lowrank/contracts";
import type { ParameterSlot } from "@lowrank/engine/hook-points";
import { computeByRows } from "@lowrank/engine/hook-points/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { RelativePositions } from "../attention/relative-positions.ts";
import type { Pass } from "../pass.ts";
import { type Rearrangement, rearrangement } from "./rearrange.ts";
import type { Grid } from "./resample-grid.ts";

export interface WindowOptions {
  /** Rows and columns of a window. */
  readonly size: number;
  /** How far windows are moved down and to the right; the part that leaves the image comes in on the other side. */
  readonly shift: number;
}

export interface Windows extends Rearrangement {
  readonly count: number;
  /** The region of each position. Positions of different regions do not see each other. */
  readonly regions: readonly number[];
}

/** Windows of a grid that is filled up with zeros to whole windows, one after the other, row by row. */
export function planWindows({ rows, columns }: Grid, { size, shift }: WindowOptions): Windows {
  const down = Math.ceil(rows / size);
  const across = Math.ceil(columns / size);
  const [height, width] = [down * size, across * size];
  const region = (position: number, length: number) =>
    Number(position >= length - size) + Number(position >= length - shift);
  const sources: number[] = [];
  const regions: number[] = [];
  for (let window = 0; window < down * across; window++) {
    for (let cell = 0; cell < size * size; cell++) {
      const row = Math.floor(window / across) * size + Math.floor(cell / size);
      const column = (window % across) * size + (cell % size);
      const [fromRow, fromColumn] = [(row + shift) % height, (column + shift) % width];
      sources.push(fromRow < rows && fromColumn < columns ? fromRow * columns + fromColumn : -1);
      regions.push(shift === 0 ? 0 : region(row, height) * 3 + region(column, width));
    }
  }
  return { ...rearrangement(sources, rows * columns), count: down * across, regions };
}

/** Far below all scores, and the same as in transformers. */
const hidden = -100;

/**
 * A bias of the score for each offset of a key from its query, from a table [(2·size − 1)², heads], and the mask of
 * moved windows: [1 or batch·windows, heads, size², size²].
 */
export function windowBias(table: ParameterSlot, size: number, windowsOf: (pass: Pass) => Windows): RelativePositions {
  const key = {};
  return {
    table,
    isAdapted: (context) => table.isAdapted(context),
    mask: (pass) =>
      pass.once(key, () => {
        const windows = windowsOf(pass);
        const batch = pass.inputs.pixelValues?.shape[0] ?? 1;
        const bias = biasOf(table, size, { batch, context: pass.context }); // [1 or batch, heads, area, area]
        const isMoved = windows.regions.some((region) => region !== 0);
        if (!isMoved && bias.shape[0] === 1) return bias;
        return tf.add(repeated(bias, windows.count), tf.tile(maskOf(windows), [batch, 1, 1, 1]));
      }),
  };
}

function biasOf(
  table: ParameterSlot,
  size: number,
  { batch, context }: { readonly batch: number; readonly context: ForwardContext },
): tf.Tensor {
  const area = size * size;
  const offsets = Int32Array.from({ length: area * area }, (_, index) => {
    const [query, key] = [Math.floor(index / area), index % area];
    const down = Math.floor(query / size) - Math.floor(key / size) + size - 1;
    return down * (2 * size - 1) + (query % size) - (key % size) + size - 1;
  });
  const byRow = context.adapters.kind === "rows" && table.isAdapted(context);
  const call = { x: tf.zeros([byRow ? batch : 1]), context, path: table.path, hookPoints: byRow ? [table] : [] };
  return computeByRows(call, ({ shape: [rows = 1] }, rowContext) => {
    const biases = tf.gather(table.value(rowContext), tf.tensor1d(offsets, "int32"));
    return tf.tile(tf.reshape(tf.transpose(biases), [1, -1, area, area]), [rows, 1, 1, 1]);
  });
}

/** [rows, heads, area, area] → each row `count` times, for its windows; a single row is used for all. */
function repeated(bias: tf.Tensor, count: number): tf.Tensor {
  const [rows = 1, ...others] = bias.shape;
  if (rows === 1) return bias;
  return tf.reshape(tf.tile(tf.expandDims(bias, 1), [1, count, 1, 1, 1]), [rows * count, ...others]);
}

/** [windows, 1, area, area] */
function maskOf({ regions, count }: Windows): tf.Tensor {
  const area = regions.length / count;
  const values = Float32Array.from({ length: count * area * area }, (_, index) => {
    const window = Math.floor(index / (area * area)) * area;
    const query = regions[window + (Math.floor(index / area) % area)];
    return query === regions[window + (index % area)] ? 0 : hidden;
  });
  return tf.tensor4d(values, [count, 1, area, area]);
}
