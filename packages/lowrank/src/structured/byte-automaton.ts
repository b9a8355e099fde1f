// Reads a text byte by byte along a grammar. All ways to read the text so far are followed at once (a nondeterministic pushdown
// automaton); each set of ways is a state, whose steps are remembered.

import { ByteClasses } from "./byte-classes.ts";
import type { ByteRule, Rule, Sequence } from "./rules.ts";

/** What is still to come on one way, its next rule first. Equal ones are one object. */
interface Stack {
  readonly id: number;
  readonly top: Rule;
  readonly rest: Stack | undefined;
}

/** What comes after one byte of a set, for each way that needs the set next. */
type Ways = ReadonlyMap<ByteRule, readonly (Stack | undefined)[]>;

/** The ways after some bytes. */
export interface State {
  readonly ways: Ways;
  /** Whether the text may end here. */
  readonly canEnd: boolean;
  /** Inside a text in quotes: for how many characters one of the ways has room; else 0. */
  readonly room: number;
  readonly classes: ByteClasses;
  /** The state after a byte of each class; null for no state. */
  readonly after: (State | null | undefined)[];
}

/** More ways are dropped: a text then has less choice, but still fits the grammar. */
const maxWays = 256;
/** 5 MB. */
const maxSize = 2 ** 18;
const [stackSize, stateSize, classesSize] = [8, 32, 32];

export class ByteAutomaton {
  readonly #states = new Map<string, State>();
  readonly #stacks = new Map<string, Stack>();
  readonly #classes = new Map<string, ByteClasses>();
  #lastId = 0;
  #size = 0;
  #work = 0;
  #isWorn = false;

  constructor(private readonly grammar: Sequence) {}

  /** How many rules and choices were looked at. */
  get work(): number {
    return this.#work;
  }

  /** Of its states and stacks, in numbers of some 20 bytes. */
  get size(): number {
    return this.#size;
  }

  /** Whether its memory was full once. Rules keep what they have expanded, so a new text should begin with new ones. */
  get isWorn(): boolean {
    return this.#isWorn;
  }

  start(): State {
    return this.#state([this.#pushed(this.grammar, undefined)]);
  }

  /** The state after one more byte; null if no text of the grammar continues so. */
  step(state: State, byte: number): State | null {
    const { after, classes, ways } = state;
    const kind = classes.of[byte] as number;
    const cached = after[kind];
    if (cached !== undefined) return cached;
    const rests = classes.rules(byte).flatMap((rule) => ways.get(rule) ?? []);
    const next = rests.length === 0 ? null : this.#state(rests);
    after[kind] = next;
    return next;
  }

  /** The state with a sixteenth of its ways: a text then has less choice. Undefined for one way. */
  narrowed({ ways, canEnd }: State): State | undefined {
    const all = [...ways].flatMap(([rule, rests]) => rests.map((rest) => [rule, rest] as const));
    if (all.length < 2) return undefined;
    const fewer = new Map<ByteRule, (Stack | undefined)[]>();
    for (const [rule, rest] of all.slice(0, Math.ceil(all.length / 16)))
      fewer.set(rule, [...(fewer.get(rule) ?? []), rest]);
    return { ways: fewer, canEnd, room: 0, classes: this.#classesOf(fewer), after: [] };
  }

  #state(open: readonly (Stack | undefined)[]): State {
    const waiting: (readonly [Sequence, Stack | undefined])[] = [...open].reverse().map((stack) => [[], stack]);
    const seen = new Set<Stack>();
    const ways = new Map<ByteRule, (Stack | undefined)[]>();
    const ids: number[] = [];
    let [canEnd, room] = [false, 0];
    for (let item = waiting.pop(); item !== undefined && ids.length < maxWays; item = waiting.pop()) {
      this.#work++;
      const stack = this.#pushed(...item);
      if (stack === undefined) {
        canEnd = true;
        continue;
      }
      if (seen.has(stack)) continue;
      seen.add(stack);
      const { id, top, rest } = stack;
      if ("bytes" in top) {
        ids.push(id);
        const rests = ways.get(top);
        if (rests === undefined) ways.set(top, [rest]);
        else rests.push(rest);
      } else {
        room = Math.max(room, top.room ?? 0);
        const choices = top.choices();
        this.#work += choices.length;
        for (let index = choices.length - 1; index >= 0; index--) waiting.push([choices[index] as Sequence, rest]);
      }
    }
    if (waiting.length > 0) room = 0; // the way that has room may be a dropped one
    const key = `${canEnd} ${ids.join(" ")}`;
    const state = this.#states.get(key) ?? { ways, canEnd, room, classes: this.#classesOf(ways), after: [] };
    this.#make(stateSize + ids.length);
    this.#states.set(key, state);
    return state;
  }

  #classesOf(ways: Ways): ByteClasses {
    const rules = [...ways.keys()];
    const key = rules.map(({ id }) => id).join(" ");
    const known = this.#classes.get(key);
    if (known !== undefined) return known;
    this.#make(classesSize + rules.length);
    const classes = new ByteClasses(rules);
    this.#classes.set(key, classes);
    return classes;
  }

  #pushed(sequence: Sequence, rest: Stack | undefined): Stack | undefined {
    return sequence.reduceRight<Stack | undefined>((below, top) => {
      const key = `${top.id} ${below?.id}`;
      const known = this.#stacks.get(key);
      if (known !== undefined) return known;
      this.#make(stackSize);
      const stack = { id: ++this.#lastId, top, rest: below };
      this.#stacks.set(key, stack);
      return stack;
    }, rest);
  }

  /** Forgets everything if there is no room for something new. States that a running text has reached stay usable. */
  #make(size: number): void {
    this.#size += size;
    if (this.#size <= maxSize) return;
    for (const map of [this.#states, this.#stacks, this.#classes]) map.clear();
    this.#size = size;
    this.#isWorn = true;
  }
}
