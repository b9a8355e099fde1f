// A layer's weight with a vector for each token: an embedding, or the transposed weight of an output head.

import type { Site } from "@lowrank/contracts";
import { siteKinds } from "@lowrank/math/internal";

export interface TokenTable {
  /** The axis of tokens in `readWeight`. */
  readonly axis: 0 | 1;
  readonly rows: number;
  readonly width: number;
}

/** The token table of a layer; null for other layers. */
export function tokenTableOf({ kind, inFeatures, outFeatures }: Site): TokenTable | null {
  const axis = siteKinds[kind].tokenAxis;
  if (axis === null) return null;
  const [rows, width] = axis === 0 ? [inFeatures, outFeatures] : [outFeatures, inFeatures];
  return { axis, rows, width };
}
