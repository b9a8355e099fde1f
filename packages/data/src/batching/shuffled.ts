// Shuffles rows reproducibly, in a way that is easy to repeat in another language.

/** mulberry32 (Tommy Ettinger 2017, public domain): numbers in [0, 1) from a 32-bit seed. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * The numbers 0 … count − 1 in an order that depends on the seed alone (Fisher–Yates from the end, with mulberry32).
 *
 * @example
 * ```ts
 * import { shuffled } from "@lowrank/data";
 *
 * if (shuffled(5, 42).join() !== shuffled(5, 42).join()) throw new Error("not reproducible");
 * ```
 */
export function shuffled(count: number, seed: number): number[] {
  return shuffleInPlace(
    Array.from({ length: count }, (_, index) => index),
    mulberry32(seed),
  );
}

/** Shuffles an array the caller owns. */
export function shuffleInPlace<T>(items: T[], random: () => number): T[] {
  for (let i = items.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
  return items;
}
