// Reads a text byte by byte along a grammar. All ways to read the text so far are followed at once (a nondeterministic pushdown
// automaton); each set of ways is a state, whose steps are remembered.

import type { Rule, Sequence } from "./rules.ts";

/** What is still to come on one way, its next rule first. Equal ones are one object. */
interface Stack {
  readonly id: number;
  readonly top: Rule;
  readonly rest: Stack | undefined;
}

/** The ways after some bytes. Each starts with a set of bytes. */
export interface State {
  readonly stacks: readonly Stack[];
  /** Whether the text may end here. */
  readonly canEnd: boolean;
  /** Inside a text in quotes: for how many characters one of the ways has room; else 0. */
  readonly room: number;
  /** The state after each byte; null for no state. */
  readonly after: (State | null | undefined)[];
}

/** More ways are dropped: a text then has less choice, but still fits the grammar. */
const maxStacks = 256;
const maxStates = 2 ** 13;

export class ByteAutomaton {
  readonly #states = new Map<string, State>();
  readonly #stacks = new Map<string, Stack>();
  #lastId = 0;

  constructor(private readonly grammar: Sequence) {}

  start(): State {
    return this.#state([this.#pushed(this.grammar, undefined)]);
  }

  /** The state after one more byte; null if no text of the grammar continues so. */
  step(state: State, byte: number): State | null {
    const cached = state.after[byte];
    if (cached !== undefined) return cached;
    const matching = state.stacks.filter(({ top }) => "bytes" in top && top.bytes.has(byte));
    const next = matching.length === 0 ? null : this.#state(matching.map(({ rest }) => rest));
    state.after[byte] = next;
    return next;
  }

  #state(open: readonly (Stack | undefined)[]): State {
    const waiting = [...open].reverse();
    const seen = new Set<Stack>();
    const stacks: Stack[] = [];
    let [canEnd, room] = [false, 0];
    while (waiting.length > 0 && stacks.length < maxStacks) {
      const stack = waiting.pop();
      if (stack === undefined) {
        canEnd = true;
        continue;
      }
      if (seen.has(stack)) continue;
      seen.add(stack);
      const { top, rest } = stack;
      if ("bytes" in top) stacks.push(stack);
      else {
        room = Math.max(room, top.room ?? 0);
        for (const choice of [...top.choices()].reverse()) waiting.push(this.#pushed(choice, rest));
      }
    }
    const key = `${canEnd} ${stacks.map(({ id }) => id).join(" ")}`;
    const state = this.#states.get(key) ?? { stacks, canEnd, room, after: [] };
    // States that a running text has reached stay usable without the map.
    if (this.#states.size >= maxStates) for (const map of [this.#states, this.#stacks]) map.clear();
    this.#states.set(key, state);
    return state;
  }

  #pushed(sequence: Sequence, rest: Stack | undefined): Stack | undefined {
    return sequence.reduceRight<Stack | undefined>((below, top) => {
      const key = `${top.id} ${below?.id}`;
      const stack = this.#stacks.get(key) ?? { id: ++this.#lastId, top, rest: below };
      this.#stacks.set(key, stack);
      return stack;
    }, rest);
  }
}
