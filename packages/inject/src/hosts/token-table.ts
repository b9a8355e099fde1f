// A layer's weight as a table with a vector for each token: an embedding's, or that of an output head, which is seen the
// other way round.

import type { Site } from "@lowrank/contracts";
import { siteKinds } from "@lowrank/math";

export interface TokenTable {
  /** Along which axis of `readWeight` its tokens are. */
  readonly axis: 0 | 1;
  readonly rows: number;
  readonly width: number;
}

/** The table of a layer; null for one whose weight is none. */
export function tokenTableOf({ kind, inFeatures, outFeatures }: Site): TokenTable | null {
  const axis = siteKinds[kind].tokenAxis;
  if (axis === null) return null;
  const [rows, width] = axis === 0 ? [inFeatures, outFeatures] : [outFeatures, inFeatures];
  return { axis, rows, width };
}
