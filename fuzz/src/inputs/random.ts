// Chances that anyone can draw again: each input has a generator of its own, made of the seed, the target and its number.

import { mulberry32 } from "@lowrank/data";

/** A source of choices. */
export class Random {
  readonly #next: () => number;

  /** The same words give the same choices. */
  constructor(...words: readonly (string | number)[]) {
    this.#next = mulberry32(hash(words.join("/")));
  }

  /** In [0, 1). */
  fraction(): number {
    return this.#next();
  }

  /** From 0 to `below` − 1. */
  integer(below: number): number {
    return Math.floor(this.#next() * below);
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  /** One of some items; there has to be one. */
  pick<Item>(items: readonly Item[]): Item {
    return items[this.integer(items.length)] as Item;
  }

  /** `most` or fewer things, few more often than many. */
  list<Item>(max: number, make: (index: number) => Item): Item[] {
    return Array.from({ length: Math.floor(this.#next() ** 2 * (max + 1)) }, (_, index) => make(index));
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.integer(256));
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
