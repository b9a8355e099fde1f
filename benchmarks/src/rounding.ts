// How exact the figures of a result are.

/** Times and sizes: two decimals. */
export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Ours : the peer's, three decimals. */
export function ratioOf(ours: number, peer: number): number {
  return Math.round((ours / peer) * 1000) / 1000;
}
