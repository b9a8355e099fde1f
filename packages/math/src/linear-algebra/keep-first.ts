// The first singular values and vectors of a decomposition.

import { columnsOf } from "./matrix.ts";
import type { Svd } from "./svd.ts";

/** The decomposition's first `count` values and vectors; all, if there are no more. */
export function keepFirst({ u, s, v }: Svd, count: number): Svd {
  const kept = Math.min(count, s.length);
  return { u: columnsOf(u, 0, kept), s: s.slice(0, kept), v: columnsOf(v, 0, kept) };
}
