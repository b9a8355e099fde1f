// Bytes that belong to the same sets are one class: a state of an automaton has one step for each class, not for each byte.

import type { ByteRule } from "./rules.ts";

export class ByteClasses {
  /** The class of each byte. */
  readonly of = new Uint8Array(256);

  constructor(private readonly sets: readonly ByteRule[]) {
    const classes = new Map<string, number>();
    for (let byte = 0; byte < this.of.length; byte++) {
      const key = sets.map(({ bytes }) => Number(bytes.has(byte))).join("");
      const kind = classes.get(key) ?? classes.size;
      classes.set(key, kind);
      this.of[byte] = kind;
    }
  }

  /** The sets that have a byte. */
  rules(byte: number): readonly ByteRule[] {
    return this.sets.filter(({ bytes }) => bytes.has(byte));
  }
}
