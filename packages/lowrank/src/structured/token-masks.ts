// Which tokens of a vocabulary continue a text of a grammar: all tokens are walked through in the order of their bytes, and one
// that fails takes along all tokens with the same beginning.

import type { ByteAutomaton, State } from "./byte-automaton.ts";

/** A vocabulary in the order of its bytes. */
export class TokenTable {
  readonly #ids: Uint32Array;
  /** The tokens' bytes, as characters U+0000 to U+00FF. */
  readonly #texts: readonly string[];
  /** How many bytes each token shares with the one before it. */
  readonly #shared: Uint16Array;
  readonly #byId: ReadonlyMap<number, string>;
  readonly #words: number;

  constructor(byId: ReadonlyMap<number, string>) {
    const sorted = [...byId].filter(([, text]) => text !== "").sort(([, one], [, other]) => (one < other ? -1 : 1));
    this.#byId = byId;
    this.#ids = Uint32Array.from(sorted, ([id]) => id);
    this.#texts = sorted.map(([, text]) => text);
    this.#shared = Uint16Array.from(sorted, ([, text], place) => sharedLength(text, sorted[place - 1]?.[1] ?? ""));
    this.#words = Math.ceil((this.#ids.reduce((most, id) => Math.max(most, id), 0) + 1) / 32);
  }

  /** The bit mask of tokens that may come: bit `id % 32` of element `floor(id / 32)`. */
  mask(automaton: ByteAutomaton, state: State): Uint32Array {
    const mask = new Uint32Array(this.#words);
    const states: State[] = [state];
    let failed = Number.POSITIVE_INFINITY;
    for (let place = 0; place < this.#ids.length; place++) {
      const shared = this.#shared[place] as number;
      if (shared > failed) continue;
      const text = this.#texts[place] as string;
      failed = Number.POSITIVE_INFINITY;
      for (let length = shared; length < text.length; length++) {
        const next = automaton.step(states[length] as State, text.charCodeAt(length));
        if (next === null) {
          failed = length;
          break;
        }
        states[length + 1] = next;
      }
      const id = this.#ids[place] as number;
      if (failed === Number.POSITIVE_INFINITY) mask[id >>> 5] = (mask[id >>> 5] as number) | (1 << (id & 31));
    }
    return mask;
  }

  /** The state after a token; null if it does not continue the text. */
  after(automaton: ByteAutomaton, state: State, id: number): State | null {
    const text = this.#byId.get(id) ?? "";
    let next: State | null = text === "" ? null : state;
    for (let place = 0; place < text.length && next !== null; place++)
      next = automaton.step(next, text.charCodeAt(place));
    return next;
  }
}

function sharedLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}
