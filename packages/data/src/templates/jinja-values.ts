// Measures values of a template. The library's lists, objects and texts are immutable, so each is measured once. Only values that
// contain a namespace are measured again.

import type { Interpreter } from "@huggingface/jinja";
import type { TemplateBudget } from "./template-budget.ts";

export type JinjaValue = ReturnType<Interpreter["evaluate"]>;

export interface ValueSize {
  /** Approximate length of its printed form; a value that is contained twice counts twice. */
  readonly characters: number;
  /** Number of entries, including nested ones and itself. */
  readonly entries: number;
  /** How deeply lists and objects are nested in it. */
  readonly depth: number;
  /** Whether it contains no namespace. */
  readonly isFixed: boolean;
}

const ofOther: ValueSize = { characters: 8, entries: 1, depth: 0, isFixed: true };

/** Measures values against a budget, so that no value becomes too large to print. */
export class ValueSizes {
  readonly #known = new WeakMap<JinjaValue, ValueSize>();

  constructor(private readonly budget: TemplateBudget) {}

  /** Throws TemplateLimitError if the value is too large or too deep. */
  of(value: JinjaValue, depth = 0): ValueSize {
    if (typeof value.value === "string") return this.#checked({ ...ofOther, characters: value.value.length });
    const children = entriesOf(value);
    if (children === undefined) return ofOther;
    const cached = this.#known.get(value);
    if (cached !== undefined) return cached;
    this.budget.check("nesting", depth);
    this.budget.spend(children.length);
    let { characters, entries, depth: deepest } = { characters: keysOf(value).length + 2, entries: 1, depth: 0 };
    let isFixed = value.type !== "NamespaceValue";
    for (const entry of children) {
      const size = this.of(entry, depth + 1);
      characters += size.characters + 2;
      entries += size.entries;
      deepest = Math.max(deepest, size.depth);
      isFixed &&= size.isFixed;
    }
    const size = this.#checked({ characters, entries, depth: deepest + 1, isFixed });
    this.budget.check("nesting", size.depth);
    if (isFixed) this.#known.set(value, size);
    return size;
  }

  #checked(size: ValueSize): ValueSize {
    this.budget.check("characters", size.characters);
    this.budget.check("entries", size.entries);
    return size;
  }
}

/** The number of entries of a list or object, without nested ones. */
export function lengthOf({ value }: JinjaValue): number {
  return Array.isArray(value) ? value.length : value instanceof Map ? value.size : 0;
}

function entriesOf({ value }: JinjaValue): readonly JinjaValue[] | undefined {
  if (value instanceof Map) return [...value.values()];
  return Array.isArray(value) ? value : undefined;
}

function keysOf({ value }: JinjaValue): string {
  return value instanceof Map ? [...value.keys()].join('": "') : "";
}
