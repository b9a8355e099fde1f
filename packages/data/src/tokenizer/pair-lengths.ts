// How much of two texts stays where both together are too long.

/**
 * Rust's `LongestFirst`: the shorter text stays whole if the longer one, cut, makes the room; otherwise each gets half, the
 * longer one what is odd.
 */
export function pairLengths(first: number, second: number, room: number): readonly [first: number, second: number] {
  if (first > second) {
    const [ofSecond, ofFirst] = pairLengths(second, first, room);
    return [ofFirst, ofSecond];
  }
  const half = Math.floor(room / 2);
  if (first > half) return [half, room - half];
  return [first, Math.min(second, room - first)];
}
