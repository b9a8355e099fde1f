// Estimates the cost of a template's operation from its inputs before it runs, because one filter can make a hundred billion
// characters from two short texts.

import type { PassedArguments } from "./jinja-tree.ts";
import { type JinjaValue, lengthOf, type ValueSize, type ValueSizes } from "./jinja-values.ts";

export interface OperationCost {
  readonly steps: number;
  /** Characters that it adds to its input. */
  readonly added: number;
}

export interface Operand {
  /** The value, if it is a text. */
  readonly text: string;
  /** The number of entries, if it is a list or an object. */
  readonly length: number;
  readonly size: ValueSize;
}

const charactersInStep = 32;

export function operandOf(value: JinjaValue, sizes: ValueSizes): Operand {
  return { text: textOf(value), length: lengthOf(value), size: sizes.of(value) };
}

/** The cost of a filter, or of a text's or object's method of the same name. */
export function filterCost(name: string, { text, length, size }: Operand, passed: PassedArguments): OperationCost {
  const { positional, named } = passed;
  const argument = (at: number, key: string) => positional[at] ?? named.get(key);
  switch (name) {
    case "replace":
      return replaceCost(text, textOf(positional[0]), textOf(positional[1]));
    case "split":
    case "startswith":
    case "endswith":
      return { steps: searchSteps(text, textOf(positional[0])), added: 0 };
    case "indent":
      return textCost(size.characters, (countOf("\n", text) + 1) * numberOf(argument(0, "width"), 4));
    case "join": {
      const parts = text.length + length;
      return textCost(size.characters + parts, parts * textOf(argument(0, "separator")).length);
    }
    case "tojson": {
      const indent = numberOf(named.get("indent"), 0) * (size.depth + 1);
      const separators: unknown = named.get("separators")?.value;
      const longest = Array.isArray(separators) ? Math.max(...separators.map((part) => textOf(part).length)) : 2;
      return textCost(size.characters, size.entries * (indent + longest));
    }
    case "sort":
    case "dictsort":
      return textCost(size.characters * Math.ceil(Math.log2(length + 2)), 0);
    case "string":
      return textCost(size.characters, 0);
    default:
      return textCost(text.length + length, 0);
  }
}

export function binaryCost(operator: string, [left, right]: readonly JinjaValue[], sizes: ValueSizes): OperationCost {
  if (left === undefined || right === undefined) return textCost(0, 0);
  if (operator === "in" || operator === "not in") {
    const isText = typeof right.value === "string";
    return isText
      ? { steps: searchSteps(textOf(right), textOf(left)), added: 0 }
      : { steps: lengthOf(right), added: 0 };
  }
  // A list compared with a text is printed first.
  return textCost(sizes.of(left).characters + sizes.of(right).characters, 0);
}

function textCost(characters: number, added: number): OperationCost {
  return { steps: (characters + added) / charactersInStep, added };
}

function replaceCost(text: string, old: string, fresh: string): OperationCost {
  const matches = old === "" ? text.length + 1 : countOf(old, text);
  const added = matches * Math.max(0, fresh.length - old.length);
  return { steps: searchSteps(text, old) + matches / 2 + added / charactersInStep, added };
}

/** Upper bound of the steps of a text search: the engine's worst case, for repetitive texts. */
function searchSteps(text: string, sought: string): number {
  return (text.length + sought.length) / charactersInStep + (text.length * sought.length) / 256;
}

/** Counts occurrences by the engine's own search, which is fast for absent texts. */
function countOf(sought: string, text: string): number {
  let count = 0;
  for (let at = text.indexOf(sought); at !== -1; at = text.indexOf(sought, at + sought.length)) count += 1;
  return count;
}

function textOf(value: JinjaValue | undefined): string {
  return typeof value?.value === "string" ? value.value : "";
}

function numberOf(value: JinjaValue | undefined, otherwise: number): number {
  return typeof value?.value === "number" ? Math.max(0, value.value) : otherwise;
}
