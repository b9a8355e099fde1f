// Which tokens of a vocabulary continue a text of a grammar: all tokens are walked through in the order of their bytes, and one
// that fails takes along all tokens with the same beginning. Inside a JSON text most tokens are known to fit.

import { ByteAutomaton, type State } from "./byte-automaton.ts";
import { insideText } from "./json-rules.ts";

interface SortedTokens {
  readonly ids: readonly number[];
  /** The tokens' bytes, as characters U+0000 to U+00FF. */
  readonly texts: readonly string[];
  /** How many bytes each token shares with the one before it. */
  readonly shared: readonly number[];
  /** The next token that shares fewer bytes. */
  readonly next: readonly number[];
}

/** Which tokens may come. */
export interface Mask {
  /** Bit `id % 32` of element `floor(id / 32)`. */
  readonly allowed: Uint32Array;
  /** The state that they continue: the given one, or one with fewer of its ways. */
  readonly state: State;
}

/** Longer tokens are walked through everywhere. */
const maxCharacters = 16;
/** Of the automaton for one mask: some 30 ms. */
const maxWork = 2 ** 15;

/** A vocabulary in the order of its bytes. */
export class TokenTable {
  readonly #byId: ReadonlyMap<number, string>;
  readonly #all: SortedTokens;
  /** Tokens of at most 16 characters that fit anywhere inside a JSON text, as a bit mask, and all other tokens. */
  readonly #inside: Uint32Array;
  readonly #others: SortedTokens;

  constructor(byId: ReadonlyMap<number, string>) {
    this.#byId = byId;
    this.#all = sortedTokens([...byId]);
    const largest = this.#all.ids.reduce((most, id) => Math.max(most, id), 0);
    const short = [...byId].filter(([, bytes]) => bytes.replace(/[\x80-\xbf]/g, "").length <= maxCharacters);
    const inside = new ByteAutomaton([insideText]);
    this.#inside = new Uint32Array((largest >>> 5) + 1);
    addAllowed(this.#inside, sortedTokens(short), {
      automaton: inside,
      state: inside.start(),
      limit: Number.POSITIVE_INFINITY,
    });
    this.#others = sortedTokens([...byId].filter(([id]) => (((this.#inside[id >>> 5] ?? 0) >>> (id & 31)) & 1) === 0));
  }

  /** The tokens that may come. Where a schema has very many ways to read a text, only some of them are followed from here on. */
  mask(automaton: ByteAutomaton, state: State): Mask {
    const isInside = state.room >= maxCharacters;
    const allowed = isInside ? this.#inside.slice() : new Uint32Array(this.#inside.length);
    const fewer = automaton.narrowed(state);
    const limit = fewer === undefined ? Number.POSITIVE_INFINITY : automaton.work + maxWork;
    const isWhole = addAllowed(allowed, isInside ? this.#others : this.#all, { automaton, state, limit });
    return isWhole || fewer === undefined ? { allowed, state } : this.mask(automaton, fewer);
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

interface Position {
  readonly automaton: ByteAutomaton;
  readonly state: State;
  /** Of the automaton's work. */
  readonly limit: number;
}

/** False if the automaton had too much work; the mask is not complete then. */
function addAllowed(mask: Uint32Array, tokens: SortedTokens, { automaton, state, limit }: Position): boolean {
  const { ids, texts, shared, next } = tokens;
  const states: State[] = [state];
  for (let place = 0; place < ids.length; ) {
    const [id, text] = [ids[place] as number, texts[place] as string];
    let length = shared[place] as number;
    for (; length < text.length; length++) {
      const after = automaton.step(states[length] as State, text.charCodeAt(length));
      if (after === null) break;
      states[length + 1] = after;
    }
    place++;
    if (length === text.length) mask[id >>> 5] = (mask[id >>> 5] as number) | (1 << (id & 31));
    // Tokens with the same bytes up to the one that failed fail, too.
    else while (place < ids.length && (shared[place] as number) > length) place = next[place] as number;
    if (automaton.work > limit) return false;
  }
  return true;
}

function sortedTokens(tokens: readonly (readonly [id: number, bytes: string])[]): SortedTokens {
  const sorted = tokens.filter(([, text]) => text !== "").sort(([, one], [, other]) => (one < other ? -1 : 1));
  const texts = sorted.map(([, text]) => text);
  const shared = texts.map((text, place) => sharedLength(text, texts[place - 1] ?? ""));
  const next = shared.map((_, place) => place + 1);
  for (let place = next.length - 1; place >= 0; place--) {
    let after = place + 1;
    while (after < next.length && (shared[after] as number) >= (shared[place] as number)) after = next[after] as number;
    next[place] = after;
  }
  return { ids: sorted.map(([id]) => id), texts, shared, next };
}

function sharedLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}
