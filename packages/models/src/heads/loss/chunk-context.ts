// What a chunk of supervised rows is computed under. Its axis 0 is rows, not the batch.

import { adapterRows, type ForwardContext } from "@lowrank/contracts";
import { RowCountError } from "@lowrank/engine/doors";
import { drawnAnew } from "../../parts/drawn-anew.ts";
import type { Pass } from "../../parts/pass.ts";

export interface ChunkPlace {
  /** Numbers of the chunk's rows among all batch·time positions. */
  readonly positions: readonly number[];
  /** Index of its first row among all supervised ones. */
  readonly first: number;
  /** Of the site, for messages. */
  readonly path: string;
}

/** Each row's own adapter where the batch's rows have one each, and dropout that is not that of another chunk. */
export function chunkContext({ context, lastIds }: Pass, { positions, first, path }: ChunkPlace): ForwardContext {
  const { adapters, random, training, places } = context;
  const own = places === undefined ? context : { ...context, places: places.pick(positions) };
  const drawn = training ? { ...own, random: drawnAnew(random, first) } : own;
  if (adapters.kind !== "rows") return drawn;
  const [batch, time] = lastIds.shape;
  if (adapters.rows.length !== batch) throw new RowCountError(path, adapters.rows.length, batch);
  const names = positions.map((position) => adapters.rows[Math.floor(position / time)] ?? null);
  return { ...drawn, adapters: adapterRows(names) };
}
